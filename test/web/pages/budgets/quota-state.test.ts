import { expect, it } from 'vitest'
import { aQuota } from '#test/support/a-quota.ts'
import {
  quotaReset,
  quotaShare,
  quotaTone,
  throttledFirst,
} from '#web/pages/budgets/quota-state.ts'

const now = Date.parse('2026-11-23T10:00:20Z')

it.each([
  [0, 0, 'plain'],
  [47, 0.7833, 'plain'],
  [48, 0.8, 'warn'],
  [60, 1, 'bad'],
] as const)('shows %i of 60 as %d, %s', (used, share, tone) => {
  expect(quotaShare(aQuota({ used }))).toBe(share)
  expect(quotaTone(aQuota({ used }))).toBe(tone)
})

it.each<[object, string]>([
  [{}, 'in 40 s'],
  [{ window: 'DAY', resetsAt: '2026-11-24T00:00:00Z' }, '24 Nov, 00:00 UTC, in 13 h 59 m'],
  [{ window: 'NONE', resetsAt: null }, 'As calls end'],
  [{ resetsAt: null }, 'With the next call'],
])('says when %o begins anew', (changes, words) => {
  expect(quotaReset(aQuota(changes), now)).toBe(words)
})

it('puts what holds calls back first, then the fullest, and lets nothing jump', () => {
  const quotas = [
    aQuota({ id: 'empty', used: 0 }),
    aQuota({ id: 'full', used: 60 }),
    aQuota({ id: 'throttled', used: 0, throttledLastHour: 3 }),
  ]
  const ids = (before?: readonly string[]) => throttledFirst(quotas, before).map(({ id }) => id)
  expect(ids()).toEqual(['throttled', 'full', 'empty'])
  expect(ids(['empty', 'full', 'throttled'])).toEqual(['throttled', 'empty', 'full'])
})
