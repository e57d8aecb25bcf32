import fc from 'fast-check'
import type { AllowanceAction, AllowanceUnit } from '#domain/allowance.ts'
import type { ModelPrice } from '#domain/price.ts'

/** Prices that a call may begin or end under: whole ticks a token; UNKNOWN is a model that nobody has a price for. */
export const priceNames = ['CHEAP', 'DEAR', 'FREE', 'UNKNOWN'] as const
export type PriceName = (typeof priceNames)[number]

export const ticksPerToken = {
  CHEAP: { input: 1n, output: 2n },
  DEAR: { input: 3n, output: 10n },
  FREE: { input: 0n, output: 0n },
  UNKNOWN: undefined,
} as const

export function modelPrice(name: PriceName): ModelPrice | undefined {
  const ticks = ticksPerToken[name]
  if (!ticks) return undefined
  return {
    version: name,
    effectiveFrom: '2026-01-01T00:00:00Z',
    input: ticks.input * 1_000_000n,
    output: ticks.output * 1_000_000n,
  }
}

export type ReplicaIndex = 0 | 1

/** An allowance as a run begins with it. */
export interface GivenAllowance {
  readonly unit: AllowanceUnit
  readonly action: AllowanceAction
  readonly limit: bigint
}

/** A call that begins; `allowances` are those that apply to it, by their place in the run. */
export interface Begin {
  readonly allowances: readonly number[]
  readonly inputTokens: number
  readonly outputTokens: number
  readonly price: PriceName
}

/** What an attempt used; null: it failed before anything was known. */
export type Used = { readonly inputTokens: number; readonly outputTokens: number } | null

/** A call that ends; HOLD: having used just what it held. */
export interface End {
  readonly nth: number
  readonly used: Used | 'HOLD'
  /** What it is settled under, whatever it began under. */
  readonly price: PriceName
}

/** What can happen to allowances. `nth` and `allowance` are taken modulo how many there are. */
export type AllowanceEvent =
  /** Calls begin and end through one replica, all in one batch. */
  | {
      readonly kind: 'AT_ONCE'
      readonly replica: ReplicaIndex
      readonly begins: readonly Begin[]
      readonly ends: readonly End[]
    }
  /** Time passes for those who wait at a replica. */
  | { readonly kind: 'PASS'; readonly replica: ReplicaIndex; readonly ms: number }
  /** The caller of one that waits goes. */
  | { readonly kind: 'LEAVE'; readonly nth: number }
  /** A replica loses its lease, and another sweeps up; what it knew may still arrive. */
  | { readonly kind: 'CRASH'; readonly replica: ReplicaIndex }
  /** The window ends. */
  | { readonly kind: 'RESET'; readonly allowance: number }
  | { readonly kind: 'LIMIT'; readonly allowance: number; readonly percent: number }
  | { readonly kind: 'PAUSE'; readonly allowance: number; readonly paused: boolean }
  | { readonly kind: 'DELETE'; readonly allowance: number }

const fullLimits: Readonly<Record<AllowanceUnit, bigint>> = {
  TICKS: 3000n,
  TOKENS: 600n,
  REQUESTS: 10n,
  CONCURRENT_REQUESTS: 5n,
}

export const limitOf = (unit: AllowanceUnit, percent: number): bigint =>
  (fullLimits[unit] * BigInt(percent)) / 100n

const units: readonly AllowanceUnit[] = ['TICKS', 'TOKENS', 'REQUESTS', 'CONCURRENT_REQUESTS']
const mostAllowances = 4
const replica = fc.constantFrom<ReplicaIndex>(0, 1)
const tokens = fc.integer({ min: 0, max: 60 })
const percent = fc.integer({ min: 0, max: 100 })
const price = fc.constantFrom(...priceNames)
const nth = fc.nat(20)
const allowance = fc.nat(mostAllowances - 1)

export const givenAllowances: fc.Arbitrary<readonly GivenAllowance[]> = fc.array(
  fc
    .record({
      unit: fc.constantFrom<AllowanceUnit>('TICKS', ...units),
      action: fc.constantFrom<AllowanceAction>('BLOCK', 'BLOCK', 'NOTIFY'),
      percent,
    })
    .map(({ unit, action, percent: share }) => ({ unit, action, limit: limitOf(unit, share) })),
  { minLength: 1, maxLength: mostAllowances, size: 'max' },
)

const begin: fc.Arbitrary<Begin> = fc.record({
  allowances: fc.uniqueArray(allowance, { minLength: 1, maxLength: mostAllowances, size: 'max' }),
  inputTokens: tokens,
  outputTokens: tokens,
  price,
})

const end: fc.Arbitrary<End> = fc.record({
  nth,
  used: fc.oneof(fc.constant<'HOLD'>('HOLD'), fc.constant(null), {
    weight: 3,
    arbitrary: fc.record({ inputTokens: tokens, outputTokens: tokens }),
  }),
  price,
})

const event: fc.Arbitrary<AllowanceEvent> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('AT_ONCE' as const),
      replica,
      begins: fc.array(begin, { maxLength: 3, size: 'max' }),
      ends: fc.array(end, { maxLength: 3, size: 'max' }),
    }),
  },
  fc.record({ kind: fc.constant('PASS' as const), replica, ms: fc.constantFrom(50, 50, 5000) }),
  fc.record({ kind: fc.constant('LEAVE' as const), nth }),
  fc.record({ kind: fc.constant('CRASH' as const), replica }),
  fc.record({ kind: fc.constant('RESET' as const), allowance }),
  fc.record({ kind: fc.constant('LIMIT' as const), allowance, percent }),
  fc.record({ kind: fc.constant('PAUSE' as const), allowance, paused: fc.boolean() }),
  fc.record({ kind: fc.constant('DELETE' as const), allowance }),
)

export const allowanceEvents: fc.Arbitrary<readonly AllowanceEvent[]> = fc.array(event, {
  minLength: 1,
  maxLength: 16,
  size: 'max',
})
