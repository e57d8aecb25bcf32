import type { AllowanceAction, AllowanceUnit } from './allowance.ts'
import { type Cost, type ModelPrice, mostOutputTokens, worstCase } from './price.ts'
import type { TokenUsage } from './usage.ts'

/** The most that an attempt can use, before anything is known of its answer. */
export interface Demand {
  /** At most so many: bytes of the serialised request. */
  readonly inputTokens: number
  /** At most so many in all choices together. */
  readonly outputTokens: number
  /** The fewest that are worth asking for; 0 where there is no output. At most `outputTokens`. */
  readonly leastOutputTokens: number
  /** Undefined: no price is known, and no money is set aside. */
  readonly price: ModelPrice | undefined
}

/** A window as it stands, in its unit. */
export interface AllowanceWindow {
  readonly unit: AllowanceUnit
  readonly action: AllowanceAction
  readonly limit: bigint
  readonly spent: bigint
  readonly held: bigint
}

export type Decision =
  | {
      readonly kind: 'GRANTED'
      /** What the call may produce: what it asked for, or less where a remainder buys no more. */
      readonly outputTokens: number
      /** What each window is to hold, in the order of the windows. */
      readonly holds: readonly bigint[]
    }
  /** The remainder would do, but calls that run now hold it. `window` is the index of the one that is in the way. */
  | { readonly kind: 'BUSY'; readonly window: number }
  /** What is spent leaves too little, whatever becomes of the calls that run. */
  | { readonly kind: 'EXCEEDED'; readonly window: number }

/**
 * Sets aside what an attempt can use, in all windows together or in none, so that calls running side by side cannot
 * together use more than a limit. Where what is left (spent, not held) buys less than was asked for, less is granted.
 * What holds nothing of a window is not refused by it, even when more than its limit is spent.
 */
export function decide(demand: Demand, windows: readonly AllowanceWindow[]): Decision {
  let { outputTokens } = demand
  for (const [index, { unit, action, limit, spent }] of windows.entries()) {
    if (action === 'NOTIFY') continue
    const affordable = affordableOutput(demand, { unit, left: limit - spent, outputTokens })
    if (affordable < demand.leastOutputTokens) return { kind: 'EXCEEDED', window: index }
    outputTokens = affordable
  }
  const holds: bigint[] = []
  for (const [index, { unit, action, limit, spent, held }] of windows.entries()) {
    const hold = holdIn(unit, { ...demand, outputTokens })
    if (action === 'BLOCK' && hold > 0n && spent + held + hold > limit)
      return { kind: 'BUSY', window: index }
    holds.push(hold)
  }
  return { kind: 'GRANTED', outputTokens, holds }
}

/** What an attempt holds in a window of that unit. */
export function holdIn(unit: AllowanceUnit, { inputTokens, outputTokens, price }: Demand): bigint {
  switch (unit) {
    case 'TICKS':
      return price
        ? worstCase(price, { inputBytes: inputTokens, maxOutputTokens: outputTokens })
        : 0n
    case 'TOKENS':
      return BigInt(inputTokens) + BigInt(outputTokens)
    case 'REQUESTS':
    case 'CONCURRENT_REQUESTS':
      return 1n
  }
}

/** What an attempt that has ended used of a window of that unit; unknown money counts nothing. */
export function usedIn(
  unit: AllowanceUnit,
  { usage, cost }: { usage: TokenUsage | null; cost: Cost | null },
): bigint {
  switch (unit) {
    case 'TICKS':
      return cost?.total ?? 0n
    case 'TOKENS':
      return usage ? BigInt(usage.inputTokens + usage.outputTokens) : 0n
    case 'REQUESTS':
      return 1n
    case 'CONCURRENT_REQUESTS':
      return 0n
  }
}

/** The most output that `left` pays for, at most `outputTokens`; -1 when it does not even pay for the rest. */
function affordableOutput(
  demand: Demand,
  { unit, left, outputTokens }: { unit: AllowanceUnit; left: bigint; outputTokens: number },
): number {
  const hold = holdIn(unit, { ...demand, outputTokens })
  if (hold === 0n || hold <= left) return outputTokens
  switch (unit) {
    case 'TICKS':
      return demand.price
        ? mostOutputTokens(demand.price, { inputBytes: demand.inputTokens, budget: left })
        : outputTokens
    case 'TOKENS':
      return Math.max(-1, Number(left - BigInt(demand.inputTokens)))
    case 'REQUESTS':
    case 'CONCURRENT_REQUESTS':
      return -1
  }
}
