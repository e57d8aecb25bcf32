import { describe, expect, it } from 'vitest'
import { enabled, type TargetHealth } from '#domain/target-health.ts'
import {
  isTroubled,
  provenWithin,
  summaryOf,
  type TargetStanding,
} from '#domain/target-standing.ts'

const disabled: TargetHealth = { state: 'DISABLED', since: 0, failures: 10, successes: 0 }
const well: TargetStanding = { circuit: { state: 'CLOSED' }, health: enabled, provenMsAgo: 1000 }
const unused: TargetStanding = { ...well, provenMsAgo: null }
const open: TargetStanding = {
  ...unused,
  circuit: { state: 'OPEN', openedAt: 0, retryAt: 9, openMs: 9 },
}
const broken: TargetStanding = { ...open, health: disabled }

describe('the targets of a provider', () => {
  it.each([
    ['that are well', [well, well], { total: 2, open: 0, halfOpen: 0 }, false],
    ['that nobody uses say nothing', [unused, open], { total: 1, open: 1, halfOpen: 0 }, false],
    ['that are all disabled', [broken, unused], { total: 1, open: 1, halfOpen: 0 }, true],
    ['of which one works', [broken, well], { total: 2, open: 1, halfOpen: 0 }, false],
    ['without circuits', [{ ...well, circuit: null }], { total: 0, open: 0, halfOpen: 0 }, false],
    ['of which there are none', [], { total: 0, open: 0, halfOpen: 0 }, false],
    [
      'that were used long ago',
      [{ ...well, provenMsAgo: 300_000 }],
      { total: 0, open: 0, halfOpen: 0 },
      false,
    ],
  ] as const)('%s', (_what, standings, circuits, isDisabled) => {
    expect(summaryOf(standings)).toEqual({ circuits, isDisabled })
  })
})

it('a provider is proven by one call to one of its targets', () => {
  expect(provenWithin([unused, well], 1001)).toBe(true)
  expect(provenWithin([unused, well], 1000)).toBe(false)
})

it.each([
  ['that is well', well, 1e9, false],
  ['whose circuit has just opened', open, 29_999, false],
  ['whose circuit is open for long', open, 30_000, true],
  ['that is disabled', { ...well, health: disabled }, 0, true],
] as const)('a target %s is troubled or not', (_what, standing, epochMs, expected) => {
  expect(isTroubled(standing, { epochMs, forMs: 30_000 })).toBe(expected)
})
