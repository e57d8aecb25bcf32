import { z } from 'zod'
import { closestTo } from '#domain/closest-name.ts'
import type { PriceOverride } from '#domain/price-override.ts'
import { freePrice, isUsd, readWrittenPrice, usdRule } from '#domain/written-price.ts'
import type { FileIssue, YamlText } from './yaml-text.ts'

const usd = z
  .string('must be US dollars as a string, in quotes')
  .refine(isUsd, `${usdRule}, in quotes`)
const rates = {
  input: usd,
  output: usd,
  cache_read: usd.optional(),
  cache_write: usd.optional(),
}
const tier = z.strictObject({ above_input_tokens: z.int().positive(), ...rates })
const serviceTier = z.strictObject(rates)

/** One price under `prices`. */
export const priceEntry = z
  .strictObject({
    provider: z.string().min(1),
    model: z.string().min(1).max(500).optional(),
    effective_from: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })], {
        error: 'expected a day such as 2026-11-23, or an instant such as 2026-11-23T09:00:00Z',
      })
      .optional(),
    free: z.literal(true).optional(),
    ...rates,
    input: usd.optional(),
    output: usd.optional(),
    per_request: usd.optional(),
    tiers: z.array(tier).min(1).optional(),
    service_tiers: z.record(z.string().min(1), serviceTier).optional(),
  })
  .superRefine((entry, { addIssue }) => {
    const wrong = (path: readonly string[], message: string) =>
      addIssue({ code: 'custom', path: [...path], message })
    if (entry.free) {
      for (const name of costs)
        if (entry[name] !== undefined) wrong([name], 'has no meaning beside free: true')
      return
    }
    if (entry.input === undefined) wrong([], 'needs an input price, or free: true')
    if (entry.output === undefined) wrong([], 'needs an output price, or free: true')
    if (entry.model === undefined)
      wrong([], 'needs a model: only free: true is for all models of a provider')
    const bounds = (entry.tiers ?? []).map(({ above_input_tokens: bound }) => bound)
    for (const [index, bound] of bounds.entries())
      if (bounds.indexOf(bound) < index)
        wrong(['tiers', `${index}`, 'above_input_tokens'], `stands twice: ${bound}`)
  })

const costs = [
  'input',
  'output',
  'cache_read',
  'cache_write',
  'per_request',
  'tiers',
  'service_tiers',
] as const

type PriceEntry = z.infer<typeof priceEntry>

const always = '1970-01-01T00:00:00Z'

/** When a price begins to apply, as an RFC 3339 instant in UTC; without a date it has always applied. */
function instantOf({ effective_from: from = always }: PriceEntry): string {
  return new Temporal.Instant(BigInt(Date.parse(from)) * 1_000_000n).toString()
}

/** A price of the configuration, as the price book takes it. */
export function priceOverride(entry: PriceEntry): PriceOverride {
  const { provider, model, per_request: perRequest, tiers, service_tiers: services } = entry
  const effectiveFrom = instantOf(entry)
  const { input, output } = entry
  const written =
    entry.free || input === undefined || output === undefined
      ? freePrice
      : {
          ...writtenRates({ ...entry, input, output }),
          perRequest,
          tiers: tiers?.map((each) => ({
            aboveInputTokens: each.above_input_tokens,
            ...writtenRates(each),
          })),
          serviceTiers:
            services &&
            Object.fromEntries(
              Object.entries(services).map(([name, each]) => [name, writtenRates(each)]),
            ),
        }
  const version = entry.effective_from ? `config-${effectiveFrom.slice(0, 10)}` : 'config'
  const price = readWrittenPrice(written, { version, effectiveFrom, source: 'CONFIG' })
  return { providerName: provider, model, price }
}

const writtenRates = (entry: z.infer<typeof serviceTier>) => ({
  input: entry.input,
  output: entry.output,
  cacheRead: entry.cache_read,
  cacheWrite: entry.cache_write,
})

/** What is wrong with prices that are right one by one: a price that stands twice, a provider that there is not. */
export function priceIssues(
  entries: readonly PriceEntry[],
  { yaml, providers }: { yaml: YamlText; providers: readonly string[] },
): readonly FileIssue[] {
  const seen = new Set<string>()
  return entries.flatMap((entry, index) => {
    const issue = (field: string, message: string): FileIssue => {
      const path = ['prices', `${index}`, field]
      return { path, message, ...yaml.position(path) }
    }
    const issues: FileIssue[] = []
    const { provider, model } = entry
    const key = JSON.stringify([provider, model, instantOf(entry)])
    if (seen.has(key))
      issues.push(issue('provider', `has two prices for ${model ?? 'all models'} from one day on`))
    seen.add(key)
    if (!providers.includes(provider)) {
      const meant = closestTo(provider, providers)
      issues.push(issue('provider', `there is no provider ${provider}; did you mean ${meant}?`))
    }
    return issues
  })
}
