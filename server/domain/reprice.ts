import { estimateCost } from './hold.ts'
import { type Cost, type ModelPrice, priceByTable } from './price.ts'
import type { TokenUsage } from './usage.ts'

/** What an attempt used, and what it was taken to cost. */
export interface PricedAttempt {
  readonly usage: TokenUsage
  readonly serviceTier: string | undefined
  readonly cost: Cost
}

/**
 * What an attempt costs by another price, in the way in which it was priced at first: our own counts at the dearest
 * rates, so that they stay upper bounds.
 *
 * @returns Undefined where nothing changes: the provider has reported the cost, no price is known (a known cost is never
 *   made unknown), or the cost is the same.
 */
export function repriced(
  { usage, serviceTier, cost }: PricedAttempt,
  price: ModelPrice | undefined,
): Cost | undefined {
  if (!price || cost.source === 'PROVIDER_REPORTED') return undefined
  const next =
    usage.source === 'ESTIMATED'
      ? estimateCost(usage, price)
      : priceByTable(usage, price, serviceTier === undefined ? {} : { serviceTier })
  return next.total === cost.total ? undefined : next
}
