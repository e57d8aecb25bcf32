import { type Cost, unpriced } from './price.ts'
import type { TokenUsage } from './usage.ts'

/** Adds up the usage of attempts; estimated as soon as one part is. Null when there is nothing to add. */
export function totalUsage(parts: readonly (TokenUsage | null)[]): TokenUsage | null {
  if (parts.length < 2) return parts[0] ?? null
  const counted = parts.filter((part) => part !== null)
  if (counted.length < 2) return counted[0] ?? null
  const sum = (of: (usage: TokenUsage) => number) =>
    counted.reduce((total, usage) => total + of(usage), 0)
  return {
    inputTokens: sum((usage) => usage.inputTokens),
    cacheReadInputTokens: sum((usage) => usage.cacheReadInputTokens),
    cacheWriteInputTokens: sum((usage) => usage.cacheWriteInputTokens),
    outputTokens: sum((usage) => usage.outputTokens),
    reasoningOutputTokens: sum((usage) => usage.reasoningOutputTokens),
    source: counted.some((usage) => usage.source === 'ESTIMATED')
      ? 'ESTIMATED'
      : 'PROVIDER_REPORTED',
  }
}

/** Adds up the cost of attempts. Unpriced as soon as one part is: an unknown price is never taken for zero. */
export function totalCost(parts: readonly (Cost | null)[]): Cost | null {
  if (parts.length < 2) return parts[0] ?? null
  const costs = parts.filter((part) => part !== null)
  if (costs.length < 2) return costs[0] ?? null
  if (costs.some((cost) => cost.total === null)) return unpriced
  const sum = (of: (cost: Cost) => bigint | null) =>
    costs.reduce<bigint | null>((total, cost) => {
      const part = of(cost)
      return total === null || part === null ? null : total + part
    }, 0n)
  return {
    total: sum((cost) => cost.total),
    input: sum((cost) => cost.input),
    output: sum((cost) => cost.output),
    cacheRead: sum((cost) => cost.cacheRead),
    cacheWrite: sum((cost) => cost.cacheWrite),
    other: sum((cost) => cost.other),
    source: costs.every((cost) => cost.source === 'PROVIDER_REPORTED')
      ? 'PROVIDER_REPORTED'
      : 'PRICE_TABLE',
    priceVersion: costs.at(-1)?.priceVersion ?? null,
  }
}
