import type { ModelCapability } from '#domain/catalogued-model.ts'
import type { Timeouts } from '#domain/config.ts'
import type { ModelPrice } from '#domain/price.ts'
import { defaultResilience, noResilience, type Resilience } from '#domain/resilience.ts'
import type { Route } from '#domain/route.ts'
import type { ProviderAdapter } from './adapter.ts'
import type { Catalogue } from './catalogue.ts'
import type { PriceBook } from './price-book.ts'
import type { ProviderSet } from './provider-set.ts'

/** Where a call can be served; the gateway's `Target`. */
export interface RoutedTarget {
  readonly adapter: ProviderAdapter
  readonly model: string
  readonly price: ModelPrice | undefined
  readonly maxOutputTokens: number
  readonly maxInputTokens: number | undefined
  readonly thinks: boolean
  readonly simulated: boolean
  readonly resilience: Resilience
  readonly timeouts: Timeouts
  readonly weight: number
  readonly takesPrefix: boolean
  readonly scope: string | undefined
  readonly capabilities: readonly ModelCapability[] | null
}

/** The output limit of a model that nobody knows one of. */
const unknownOutputLimit = 131_072

const builtInNames = { AGENT: 'agent', RAG: 'rag', OLLAMA: 'ollama' } as const

/** Puts together what is known of a target: by its provider's configuration and list, and by the prices. */
export function createTargetMaker({
  catalogue,
  prices,
  clock,
}: {
  catalogue: Pick<Catalogue, 'listed'>
  prices: PriceBook
  clock: { epochMs(): number }
}): (route: Route, set: ProviderSet) => RoutedTarget {
  return ({ to, provider, model }: Route, { configured, builtIn }: ProviderSet): RoutedTarget => {
    const adapter = to === 'PROVIDER' ? configured.get(provider) : builtIn[builtInNames[to]]
    if (!adapter) throw new TypeError(`no adapter for ${provider}`)
    const { config } = adapter
    const facts = prices.facts(config.priceList, model)
    const listed = catalogue.listed(adapter, model)
    const capabilities = facts?.capabilities ?? listed?.capabilities ?? null
    return {
      adapter,
      model,
      price: prices.price(config, model, clock.epochMs()),
      maxOutputTokens:
        facts?.maxOutputTokens ??
        listed?.maxOutputTokens ??
        facts?.contextWindow ??
        listed?.contextWindow ??
        unknownOutputLimit,
      maxInputTokens: facts?.contextWindow ?? listed?.contextWindow,
      thinks: capabilities?.includes('REASONING') ?? false,
      capabilities,
      simulated: config.kind === 'SIMULATOR',
      resilience: config.resilience ?? (config.legacy ? noResilience : defaultResilience),
      timeouts: config.timeouts,
      weight: config.weight ?? 1,
      takesPrefix: config.takesPrefix ?? false,
      scope: undefined,
    }
  }
}
