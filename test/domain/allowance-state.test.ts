import { describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import {
  type AllowanceState,
  currentBounds,
  remaining,
  used,
  utilisation,
} from '#domain/allowance-state.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds

const state = (
  over: Partial<AllowanceState> & { of?: Partial<Allowance> } = {},
): AllowanceState => ({
  allowance: {
    id: 'a',
    tenantId: 't',
    kind: 'BUDGET',
    name: 'test',
    scope: { kind: 'TENANT', value: 't' },
    unit: 'TICKS',
    limit: 100n,
    period: 'DAY',
    timeZone: 'UTC',
    action: 'BLOCK',
    thresholds: [],
    ...over.of,
  },
  label: 'test',
  paused: false,
  version: 1,
  createdAt: 0,
  now: 0,
  window: { startsAt: 0, endsAt: null },
  spent: 0n,
  held: 0n,
  overage: 0n,
  ...over,
})

describe('what remains', () => {
  it.each([
    [0n, 0n, 100n],
    [30n, 20n, 50n],
    [100n, 0n, 0n],
    [130n, 20n, 0n],
  ])('of 100 with %s spent and %s held is %s', (spent, held, left) => {
    expect(remaining(state({ spent, held }))).toBe(left)
  })
})

describe('what is used', () => {
  it('is what is spent, and of requests at once those that run', () => {
    expect(used(state({ spent: 30n, held: 20n }))).toBe(30n)
    expect(used(state({ of: { unit: 'CONCURRENT_REQUESTS' }, held: 20n }))).toBe(20n)
  })

  it.each([
    [100n, 30n, 0.3],
    [100n, 130n, 1.3],
    [0n, 0n, 1],
  ])('of %s, %s spent, is a share of %d', (limit, spent, share) => {
    expect(utilisation(state({ of: { limit }, spent }))).toBe(share)
  })
})

describe('the bounds of now', () => {
  const now = at('2026-11-23T12:00:00Z')
  const rule = { period: 'DAY', timeZone: 'UTC', now } as const
  const today = { startsAt: at('2026-11-23T00:00:00Z'), endsAt: at('2026-11-24T00:00:00Z') }

  it('are those of the window that was made', () => {
    const made = { startsAt: at('2026-11-23T05:00:00Z'), endsAt: at('2026-11-24T05:00:00Z') }
    expect(currentBounds(rule, made)).toBe(made)
  })

  it('are the period’s where none was made, or the last one is over', () => {
    const over = { startsAt: at('2026-11-20T00:00:00Z'), endsAt: at('2026-11-21T00:00:00Z') }
    expect(currentBounds(rule, undefined)).toEqual(today)
    expect(currentBounds(rule, over)).toEqual(today)
  })

  it('begin where the last one ended, if that was within the period', () => {
    const over = { startsAt: at('2026-11-22T05:00:00Z'), endsAt: at('2026-11-23T05:00:00Z') }
    expect(currentBounds(rule, over)).toEqual({ ...today, startsAt: over.endsAt })
  })
})
