import { expect, it } from 'vitest'
import { ago, day, dayAndTime, hourAndMinute, timeOfDay, zoneName } from '#web/format/instant.ts'

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
