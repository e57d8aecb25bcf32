import type { CallRoute } from '#domain/call-route.ts'
import type { ModelRequest } from '#domain/chat.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { ModelPrice } from '#domain/price.ts'
import { defaultResilience, noResilience, type Resilience } from '#domain/resilience.ts'
import { type Route, type RouteBook, routeOf } from '#domain/route.ts'
import type { ProviderAdapter } from './adapter.ts'
import type { Catalogue } from './catalogue.ts'
import type { PriceBook } from './price-book.ts'
import { type ActiveProviders, ollamaOf, type ProviderSet } from './provider-set.ts'

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
}

/** The gateway's port for routing. */
export interface ProviderRoutes {
  /** @throws {GatewayError} INVALID_REQUEST or MODEL_NOT_FOUND. */
  route(call: { readonly request: Pick<ModelRequest, 'model'> }): CallRoute<RoutedTarget>
  readonly version: number
}

/** Names that are remembered. */
const mostNames = 1000
/** How long a decision is remembered: a price may come into force meanwhile. */
const rememberedMs = 10_000
/** The output limit of a model that nobody knows one of. */
const unknownOutputLimit = 131_072

/** Routes calls to the providers in force. Decisions are remembered by name until anything that they rest on changes. */
export function createRoutes(
  active: ActiveProviders,
  {
    catalogue,
    prices,
    clock,
  }: {
    catalogue: Pick<Catalogue, 'has' | 'listed' | 'reachable' | 'revision'>
    prices: PriceBook
    clock: { epochMs(): number }
  },
): ProviderRoutes {
  const remembered = new Map<
    string,
    { readonly route: CallRoute<RoutedTarget>; readonly until: number }
  >()
  let set: ProviderSet | undefined
  let revision = -1
  let priceRevision = -1
  let book: RouteBook | undefined

  const targetOf = (
    { to, provider, model }: Route,
    { configured, builtIn }: ProviderSet,
  ): RoutedTarget => {
    const adapter = to === 'PROVIDER' ? configured.get(provider) : builtIn[builtInNames[to]]
    if (!adapter) throw new TypeError(`no adapter for ${provider}`)
    const { priceList, kind, legacy } = adapter.config
    const facts = prices.facts(priceList, model)
    const listed = catalogue.listed(adapter, model)
    return {
      adapter,
      model,
      price: prices.price(adapter.config, model, clock.epochMs()),
      maxOutputTokens:
        facts?.maxOutputTokens ??
        listed?.maxOutputTokens ??
        facts?.contextWindow ??
        listed?.contextWindow ??
        unknownOutputLimit,
      maxInputTokens: facts?.contextWindow ?? listed?.contextWindow,
      thinks: facts?.capabilities.includes('REASONING') ?? false,
      simulated: kind === 'SIMULATOR',
      resilience: adapter.config.resilience ?? (legacy ? noResilience : defaultResilience),
    }
  }

  return {
    route({ request: { model } }) {
      const { current } = active
      if (prices.revision !== priceRevision) remembered.clear()
      priceRevision = prices.revision
      if (current !== set || catalogue.revision !== revision || !book) {
        remembered.clear()
        set = current
        revision = catalogue.revision
        book = bookOf(current, catalogue)
      }
      const now = clock.epochMs()
      const known = remembered.get(model)
      if (known && known.until > now) return known.route
      const route = lone(model, targetOf(routeOf(model, book), current))
      const oldest = remembered.size >= mostNames ? remembered.keys().next().value : undefined
      if (oldest !== undefined) remembered.delete(oldest)
      remembered.set(model, { route, until: now + rememberedMs })
      return route
    },
    get version() {
      return active.current.config.version
    },
  }
}

/** The route of a name that stands for one target. */
function lone(name: string, target: RoutedTarget): CallRoute<RoutedTarget> {
  return {
    name,
    strategy: 'PRIORITY',
    targets: [target],
    larger: [],
    fallBackOn: nothingMore,
    recovery: target.adapter.config.legacy ? 'FAIL' : undefined,
    streamGuard: 'NONE',
  }
}

const nothingMore: ReadonlySet<ErrorCode> = new Set()

const builtInNames = { AGENT: 'agent', RAG: 'rag', OLLAMA: 'ollama' } as const

/** The simulator is asked by its name only, so that nobody is answered by it by accident. */
const neverByBareName: ReadonlySet<string> = new Set(['SIMULATOR', 'OLLAMA', 'AGENT', 'RAG'])

function bookOf(set: ProviderSet, catalogue: Pick<Catalogue, 'has' | 'reachable'>): RouteBook {
  const { config, configured, builtIn } = set
  const all = [...configured.values()]
  const namesOf = (adapters: readonly ProviderAdapter[]) =>
    adapters.map((adapter) => adapter.config.name)
  return {
    legacy: config.legacy,
    providers: namesOf(all),
    bareNames: namesOf(all.filter((adapter) => !neverByBareName.has(adapter.config.kind))),
    ollamas: namesOf(all.filter((adapter) => adapter.config.kind === 'OLLAMA')),
    ollamaMayAnswer: catalogue.reachable(ollamaOf(set)) !== false,
    lists(provider, model) {
      const adapter =
        configured.get(provider) ?? (provider === 'ollama' ? builtIn.ollama : undefined)
      return adapter !== undefined && catalogue.has(adapter, model)
    },
  }
}
