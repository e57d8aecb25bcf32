import { z } from 'zod'
import type { ModelCapability } from '#domain/catalogued-model.ts'
import { parseUsd } from '#domain/money.ts'
import type { ModelPrice } from '#domain/price.ts'

const capabilities = [
  'STREAMING',
  'TOOLS',
  'VISION',
  'AUDIO',
  'JSON_SCHEMA',
  'REASONING',
  'WEB_SEARCH',
  'EMBEDDINGS',
] as const satisfies readonly ModelCapability[]

const usd = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,10})?$/, 'a decimal number of US dollars, as a string')
  .transform(parseUsd)
const day = z.iso.date()
const rates = { input: usd, output: usd, cacheRead: usd.optional(), cacheWrite: usd.optional() }

const price = z.strictObject({
  effectiveFrom: day,
  ...rates,
  perRequest: usd.optional(),
  tiers: z.array(z.strictObject({ aboveInputTokens: z.int().positive(), ...rates })).optional(),
  serviceTiers: z.record(z.string(), z.strictObject(rates)).optional(),
})

const model = z.strictObject({
  id: z.string().min(1),
  /** Other names of exactly this model at exactly this price, each written out. */
  aliases: z.array(z.string().min(1)).default([]),
  contextWindow: z.int().positive().nullable().default(null),
  maxOutputTokens: z.int().positive().nullable().default(null),
  capabilities: z.array(z.enum(capabilities)).default([]),
  /** Where the prices were read, and when. */
  source: z.string().min(1),
  checked: day,
  prices: z.array(price).min(1),
})

const file = z.strictObject({
  list: z.string().regex(/^[a-z]+$/),
  /** Of the snapshot; it names the version of its prices. */
  date: day,
  models: z.array(model),
})

/** A model of a price list, with its prices from the latest to the first. */
export interface PricedModel {
  readonly id: string
  readonly aliases: readonly string[]
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: readonly ModelCapability[]
  readonly prices: readonly ModelPrice[]
}

/** One list of prices in USD per million tokens. */
export interface PriceList {
  readonly name: string
  readonly models: readonly PricedModel[]
}

/**
 * Reads and checks a price file. Money stays exact: it is written as decimal strings.
 *
 * @param text JSON.
 * @throws {z.ZodError | SyntaxError | RangeError} For a file that is not as it must be.
 */
export function readPriceFile(text: string): PriceList {
  const { list, date, models } = file.parse(JSON.parse(text))
  return { name: list, models: models.map((each) => pricedModel(each, `${list}-${date}`)) }
}

function pricedModel({ prices, ...known }: z.infer<typeof model>, version: string): PricedModel {
  const inOrder = prices.toSorted((a, b) => (a.effectiveFrom < b.effectiveFrom ? 1 : -1))
  const instants = new Set(inOrder.map(({ effectiveFrom }) => effectiveFrom))
  if (instants.size < inOrder.length)
    throw new RangeError(`${known.id} has two prices from one day on`)
  return {
    id: known.id,
    aliases: known.aliases,
    contextWindow: known.contextWindow,
    maxOutputTokens: known.maxOutputTokens,
    capabilities: known.capabilities,
    prices: inOrder.map(({ effectiveFrom, tiers, ...rest }) => ({
      version,
      effectiveFrom: `${effectiveFrom}T00:00:00Z`,
      ...rest,
      ...(tiers && { tiers: tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens) }),
    })),
  }
}
