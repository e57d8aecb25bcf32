import type { Ticks } from './money.ts'
import type { RequestRecord } from './request-record.ts'

/** What calls of a tenant to a provider cost on one day (UTC), by the provider and by the price table. */
export interface CostSum {
  readonly tenantId: string
  readonly providerName: string
  /** Such as 2026-11-23. */
  readonly day: string
  readonly calls: number
  readonly reported: Ticks
  readonly computed: Ticks
}

/** Sums over days. */
export interface CostDrift {
  readonly calls: bigint
  readonly reported: Ticks
  readonly computed: Ticks
}

/** What a call adds: those of its attempts of which both are known. Simulated ones cost nothing. */
export function costSumsOf({ tenantId, finishedAt, attempts }: RequestRecord): readonly CostSum[] {
  const known = attempts.flatMap(({ simulated, providerName, cost, computedCost }) => {
    const reported = cost?.source === 'PROVIDER_REPORTED' ? cost.total : null
    if (simulated || reported === null || computedCost === undefined || computedCost === null)
      return []
    return [{ providerName, reported, computed: computedCost }]
  })
  if (known.length === 0) return []
  const day = Temporal.Instant.fromEpochMilliseconds(Math.floor(finishedAt)).toString().slice(0, 10)
  return known.map((cost) => ({ tenantId, day, calls: 1, ...cost }))
}

export const costSumKey = ({ tenantId, providerName, day }: CostSum): string =>
  `${tenantId} ${day} ${providerName}`

/** Two sums under one key together. */
export function mergedCostSum(one: CostSum, other: CostSum): CostSum {
  return {
    ...one,
    calls: one.calls + other.calls,
    reported: one.reported + other.reported,
    computed: one.computed + other.computed,
  }
}

/** How much dearer (above 1) or cheaper calls are than the price table says; null where that is nothing. */
export function driftRatio({ reported, computed }: CostDrift): number | null {
  return computed === 0n ? null : Number(reported) / Number(computed)
}
