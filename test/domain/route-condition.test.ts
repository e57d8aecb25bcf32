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
