import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  holdsFor,
  isWithin,
  minutesOfDay,
  type RouteCondition,
  type RoutedCall,
} from '#domain/route-condition.ts'

const call: RoutedCall = {
  viewer: { tenantId: 't', apiKeyId: 'k' },
  tags: ['batch', 'eu'],
  priority: 'LOW',
  request: { text: 'x'.repeat(100) },
  startedAtEpochMs: Date.parse('2026-11-23T12:00:00Z'),
}

it.each<[RouteCondition, boolean]>([
  [{}, true],
  [{ tenants: ['t', 'u'] }, true],
  [{ tenants: ['u'] }, false],
  [{ apiKeys: ['k'] }, true],
  [{ apiKeys: ['l'] }, false],
  [{ tags: ['eu'] }, true],
  [{ tags: ['eu', 'us'] }, false],
  [{ priorities: ['LOW', 'NORMAL'] }, true],
  [{ priorities: ['HIGH'] }, false],
  [{ largerThan: 99 }, true],
  [{ largerThan: 100 }, false],
  [{ smallerThan: 101 }, true],
  [{ smallerThan: 100 }, false],
  [{ tenants: ['t'], tags: ['us'] }, false],
])('%o holds for a call: %s', (condition, expected) => {
  expect(holdsFor(condition, call)).toBe(expected)
})

it('the size of a request is what is sent, not what is read', () => {
  const request = { text: '\u00e9'.repeat(60) }
  expect(holdsFor({ largerThan: 119 }, { ...call, request })).toBe(true)
  expect(holdsFor({ smallerThan: 120 }, { ...call, request })).toBe(false)
})

it('a key’s rule is not for a call without one', () => {
  const open = { ...call, viewer: { tenantId: 't', apiKeyId: null } }
  expect(holdsFor({ apiKeys: ['k'] }, open)).toBe(false)
})

describe('a time of the week', () => {
  const workday = { from: 9 * 60, to: 17 * 60, days: [1, 2, 3, 4, 5], zone: 'Europe/Berlin' }
  const night = { from: 22 * 60, to: 6 * 60, days: [5], zone: 'UTC' }
  it.each([
    ['a Monday morning', workday, '2026-11-23T08:00:00Z', true],
    ['a minute before', workday, '2026-11-23T07:59:59Z', false],
    ['the end, which is no part of it', workday, '2026-11-23T16:00:00Z', false],
    ['a Sunday', workday, '2026-11-22T10:00:00Z', false],
    ['summer, when the clock on the wall is another', workday, '2026-07-01T07:00:00Z', true],
    ['Friday night', night, '2026-11-20T23:00:00Z', true],
    ['the morning after', night, '2026-11-21T05:59:00Z', true],
    ['its last minute, which is no part of it', night, '2026-11-21T06:00:00Z', false],
    ['Saturday night', night, '2026-11-21T23:00:00Z', false],
    ['the morning of its own day', night, '2026-11-20T05:00:00Z', false],
    [
      'the hour that a day has twice',
      { ...workday, from: 120, to: 180, days: [7] },
      '2026-10-25T00:30:00Z',
      true,
    ],
    ['and again', { ...workday, from: 120, to: 180, days: [7] }, '2026-10-25T01:30:00Z', true],
  ])('has %s: %o at %s is %s', (_name, time, at, expected) => {
    expect(isWithin(time, Date.parse(at))).toBe(expected)
  })
})

it('a time of the week is what a calendar shows, minute by minute, in any zone', () => {
  const minute = fc.integer({ min: 0, max: 1440 })
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe')
  const at = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') })
  const names = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
  fc.assert(
    fc.property(minute, minute, days, zone, at, (from, to, on, timeZone, epochMs) => {
      const shown = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
      }).formatToParts(epochMs)
      const part = (type: string) => shown.find((each) => each.type === type)?.value ?? ''
      const now = Number(part('hour')) * 60 + Number(part('minute'))
      const today = names.indexOf(part('weekday'))
      const length = to > from ? to - from : to + 1440 - from
      const began = on.some((day) => {
        const since = ((today - day + 7) % 7) * 1440 + now - from
        return since >= 0 && since < length
      })
      const time = { from, to, days: on, zone: timeZone }
      expect(isWithin(time, epochMs)).toBe(began)
    }),
  )
})

it.each([
  ['8:30', 510],
  ['00:00', 0],
  ['24:00', 1440],
  ['24:01', undefined],
  ['8', undefined],
  ['08:60', undefined],
])('the time %s is minute %s', (text, minutes) => {
  expect(minutesOfDay(text)).toBe(minutes)
})
