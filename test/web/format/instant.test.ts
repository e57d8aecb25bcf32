import { expect, it } from 'vitest'
import {
  ago,
  day,
  dayAndTime,
  hourAndMinute,
  timeOfDay,
  zoneName,
  dayAndMinute,
  until,
} from '#web/format/instant.ts'

const at = '2026-10-25T00:30:07Z'

it('shows an instant in the zone that is asked for, on both sides of a clock change', () => {
  expect(timeOfDay(at, 'UTC')).toBe('00:30:07')
  expect(timeOfDay(at, 'Europe/Berlin')).toBe('02:30:07')
  expect(timeOfDay('2026-10-25T01:30:07Z', 'Europe/Berlin')).toBe('02:30:07')
  expect(hourAndMinute(at, 'Asia/Kathmandu')).toBe('06:15')
  expect(dayAndTime(at, 'America/New_York')).toBe('24 Oct, 20:30:07')
  expect(day(at, 'UTC')).toBe('25 Oct')
})

it('shows no instant as a dash', () => {
  expect(timeOfDay(null, 'UTC')).toBe('–')
  expect(ago(undefined, 0)).toBe('–')
})

it.each([
  [-500, 'just now'],
  [1_400, 'just now'],
  [12_000, '12 s ago'],
  [185_000, '3 m ago'],
  [5 * 3_600_000, '5 h ago'],
  [50 * 3_600_000, '2 d ago'],
])('says of an instant %s ms back: %s', (ms, said) => {
  const now = Date.parse(at)
  expect(ago(now - ms, now)).toBe(said)
})

it('names a zone by its city', () => {
  expect(zoneName('America/New_York')).toBe('New York')
  expect(zoneName('UTC')).toBe('UTC')
})

const now = Date.parse('2026-11-23T10:00:00Z')

it('says day and minute in a zone, and the year where it is another one', () => {
  expect(dayAndMinute('2026-11-30T23:00:00Z', 'Europe/Berlin', now)).toBe('1 Dec, 00:00')
  expect(dayAndMinute('2027-01-01T00:00:00Z', 'UTC', now)).toBe('1 Jan 2027, 00:00')
  expect(dayAndMinute('2026-12-31T23:30:00Z', 'Europe/Berlin', now)).toBe('1 Jan 2027, 00:30')
  expect(dayAndMinute(null, 'UTC', now)).toBe('–')
})

it.each([
  ['2026-11-23T10:00:00.400Z', 'now'],
  ['2026-11-23T09:00:00Z', 'now'],
  ['2026-11-23T10:05:03Z', 'in 5 m 3 s'],
  ['2026-12-01T07:00:00Z', 'in 7 d 21 h'],
  [null, '–'],
])('says how long it is until %s', (instant, words) => {
  expect(until(instant, now)).toBe(words)
})
