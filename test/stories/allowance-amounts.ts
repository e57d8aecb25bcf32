import type { AllowanceUnit } from '#domain/allowance.ts'
import { type PriceName, ticksPerToken, type Used } from './allowance-events.ts'

/** Ticks that so many tokens cost; null when nobody knows. */
export function costOf(used: Used, price: PriceName): bigint | null {
  const ticks = ticksPerToken[price]
  if (!used || !ticks) return null
  return BigInt(used.inputTokens) * ticks.input + BigInt(used.outputTokens) * ticks.output
}

/** What a call that used so much counts in a window of that unit. */
export function amountIn(unit: AllowanceUnit, used: Used, cost: bigint | null): bigint {
  switch (unit) {
    case 'TICKS':
      return cost ?? 0n
    case 'TOKENS':
      return used ? BigInt(used.inputTokens + used.outputTokens) : 0n
    case 'REQUESTS':
      return 1n
    case 'CONCURRENT_REQUESTS':
      return 0n
  }
}
