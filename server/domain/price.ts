import { divideUp, type Ticks } from './money.ts'
import type { TokenUsage } from './usage.ts'

/** Prices of one model from an instant on; every rate is in ticks per million tokens. */
export interface ModelPrice {
  /** Names the price list and its date, as stored with each cost: `openai-2026-11-20`, or `local` for free models. */
  readonly version: string
  /** RFC 3339 instant from which the price applies. */
  readonly effectiveFrom: string
  /** Who has set it; absent where it comes with the product. */
  readonly source?: 'API' | 'CONFIG'
  readonly input: Ticks
  readonly output: Ticks
  /** Absent: cached input costs as much as other input. */
  readonly cacheRead?: Ticks
  /** Absent: written input costs as much as other input. */
  readonly cacheWrite?: Ticks
  /** A flat fee for each request, in ticks. */
  readonly perRequest?: Ticks
  /** Dearer (or cheaper) rates for a whole call whose input exceeds `aboveInputTokens`; ascending. */
  readonly tiers?: readonly PriceTier[]
  /** Rates by the service tier that the provider echoes, e.g. `flex`, `priority`. */
  readonly serviceTiers?: Readonly<Record<string, Rates>>
}

export interface Rates {
  readonly input: Ticks
  readonly output: Ticks
  readonly cacheRead?: Ticks
  readonly cacheWrite?: Ticks
}

export interface PriceTier extends Rates {
  readonly aboveInputTokens: number
}

/** PROVIDER_REPORTED is what the provider says it billed; UNPRICED means that no price is known. */
export type CostSource = 'PROVIDER_REPORTED' | 'PRICE_TABLE' | 'UNPRICED'

/** The cost of one attempt in ticks. `total` is null when unpriced, never zero; parts are null when unknown. */
export interface Cost {
  readonly total: Ticks | null
  readonly input: Ticks | null
  readonly output: Ticks | null
  readonly cacheRead: Ticks | null
  readonly cacheWrite: Ticks | null
  /** Request fees, tools and whatever else is not tokens. */
  readonly other: Ticks | null
  readonly source: CostSource
  readonly priceVersion: string | null
}

export const unpriced: Cost = {
  total: null,
  input: null,
  output: null,
  cacheRead: null,
  cacheWrite: null,
  other: null,
  source: 'UNPRICED',
  priceVersion: null,
}

const perMillion = 1_000_000n

/** The rates that apply to a call of that many input tokens, answered under that service tier. */
function ratesFor(
  price: ModelPrice,
  { inputTokens, serviceTier }: { inputTokens: number; serviceTier?: string },
): Rates {
  const byService = serviceTier === undefined ? undefined : price.serviceTiers?.[serviceTier]
  if (byService) return byService
  return price.tiers?.findLast((tier) => inputTokens > tier.aboveInputTokens) ?? price
}

/**
 * Prices one attempt by the table. The total is rounded up to a whole tick once, from the exact sum; the parts are
 * floored for display and the remainder is put on the output, so that they add up to the total.
 */
export function priceByTable(
  usage: TokenUsage,
  price: ModelPrice,
  { serviceTier }: { serviceTier?: string } = {},
): Cost {
  const rates = ratesFor(price, { inputTokens: usage.inputTokens, serviceTier })
  const plainInput = usage.inputTokens - usage.cacheReadInputTokens - usage.cacheWriteInputTokens
  const input = BigInt(Math.max(0, plainInput)) * rates.input
  const cacheRead = BigInt(usage.cacheReadInputTokens) * (rates.cacheRead ?? rates.input)
  const cacheWrite = BigInt(usage.cacheWriteInputTokens) * (rates.cacheWrite ?? rates.input)
  const output = BigInt(usage.outputTokens) * rates.output
  const other = price.perRequest ?? 0n
  const total = divideUp(input + cacheRead + cacheWrite + output, perMillion) + other
  const shown = {
    input: input / perMillion,
    cacheRead: cacheRead / perMillion,
    cacheWrite: cacheWrite / perMillion,
  }
  return {
    total,
    ...shown,
    output: total - other - shown.input - shown.cacheRead - shown.cacheWrite,
    other,
    source: 'PRICE_TABLE',
    priceVersion: price.version,
  }
}

/** What a call costs, by the order of truth: what the provider reports as billed, then the table, then unpriced. */
export function costOf(
  usage: TokenUsage,
  {
    reported,
    price,
    serviceTier,
  }: {
    reported?: Ticks | undefined
    price?: ModelPrice | undefined
    serviceTier?: string | undefined
  },
): Cost {
  const byTable = price && priceByTable(usage, price, { serviceTier })
  if (reported === undefined) return byTable ?? unpriced
  return {
    ...unpriced,
    total: reported,
    source: 'PROVIDER_REPORTED',
    priceVersion: byTable?.priceVersion ?? null,
  }
}

/**
 * The most that one attempt can cost: the input is at most one token a byte, the output at most its limit, each at
 * its dearest rate (any tier, cached or written included).
 *
 * @param inputBytes Size of the serialised request.
 * @param maxOutputTokens What the call may produce in all its choices together.
 */
export function worstCase(
  price: ModelPrice,
  { inputBytes, maxOutputTokens }: { inputBytes: number; maxOutputTokens: number },
): Ticks {
  const { input, output } = dearestRates(price)
  const tokens = BigInt(inputBytes) * input + BigInt(maxOutputTokens) * output
  return divideUp(tokens, perMillion) + (price.perRequest ?? 0n)
}

/**
 * The most output that a call can have if it may cost `budget` at most: the inverse of `worstCase`.
 *
 * @returns -1 where the budget does not even pay for the input; Infinity where output is free.
 */
export function mostOutputTokens(
  price: ModelPrice,
  { inputBytes, budget }: { inputBytes: number; budget: Ticks },
): number {
  const { input, output } = dearestRates(price)
  const left = (budget - (price.perRequest ?? 0n)) * perMillion - BigInt(inputBytes) * input
  if (left < 0n) return -1
  return output === 0n ? Infinity : Number(left / output)
}

/** Looked up for every call, and the same as long as a price is in force. */
const dearest = new WeakMap<ModelPrice, Pick<Rates, 'input' | 'output'>>()

function dearestRates(price: ModelPrice): Pick<Rates, 'input' | 'output'> {
  const known = dearest.get(price)
  if (known) return known
  const all: readonly Rates[] = [
    price,
    ...(price.tiers ?? []),
    ...Object.values(price.serviceTiers ?? {}),
  ]
  const found = {
    input: highest(
      all.flatMap((rates) => [rates.input, rates.cacheRead ?? 0n, rates.cacheWrite ?? 0n]),
    ),
    output: highest(all.map((rates) => rates.output)),
  }
  dearest.set(price, found)
  return found
}

function highest(values: readonly Ticks[]): Ticks {
  return values.reduce((most, value) => (value > most ? value : most), 0n)
}
