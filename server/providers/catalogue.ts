import type { CataloguedModel } from '#domain/catalogued-model.ts'
import type { ListedModel, ProviderAdapter } from './adapter.ts'
import { type Listing, type ModelListClock, ModelLists } from './model-lists.ts'
import { offeredModels, type OfferedModel } from './offered-models.ts'
import type { PriceBook } from './price-book.ts'
import type { ActiveProviders, ProviderSet } from './provider-set.ts'

/** The models that can be asked for, with what the price table knows of them. */
export interface Catalogue {
  /** Keeps the lists fresh in the background until the returned function is called. */
  start(): () => void
  /** All models of all configured providers, and of the Ollama that is always there. Waits 5 s at the most. */
  models(): Promise<readonly CataloguedModel[]>
  /** As `GET /v1/models` names them, in v0.7.2's order. Waits 5 s at the most. */
  offered(): Promise<readonly OfferedModel[]>
  /** Forgets the age of all lists: after a change of the configuration. Whoever asks next waits for new ones. */
  invalidate(): void
  /** A model as its provider lists it now; undefined when it does not, or has not been asked yet. */
  listed(adapter: ProviderAdapter, model: string): ListedModel | undefined
  /**
   * Whether a provider has that model: by its own list, or while there is none, by the price table, where the provider
   * has its key.
   */
  has(adapter: ProviderAdapter, model: string): boolean
  /** Whether the provider answered when it was last asked for its models; null while nobody knows. */
  reachable(adapter: ProviderAdapter): boolean | null
  /** Asks a provider for its models now, and keeps its list. Waits 5 s at the most. */
  check(adapter: ProviderAdapter): Promise<Listing>
  /** Rises with every change of what is known. */
  readonly revision: number
  /** For `/stats`. */
  state(): ModelsCacheState
}

export interface ModelsCacheState {
  readonly hits: number
  readonly misses: number
  /** Null before the first list. */
  readonly ageS: number | null
  readonly ttlS: number
  readonly modelCount: number
}

/** @param ttlMs How long a list may be kept. */
export function createCatalogue(
  active: ActiveProviders,
  {
    prices,
    clock,
    ttlMs,
    listed: told,
  }: {
    prices: PriceBook
    clock: ModelListClock & { epochMs(): number }
    ttlMs: number
    /** Told of every provider that was asked for its list. */
    listed?: (adapter: ProviderAdapter, listing: Listing) => void
  },
): Catalogue {
  const lists = new ModelLists(() => asked(active.current), {
    clock,
    ttlMs,
    ...(told && { listed: told }),
  })
  let hits = 0
  let misses = 0

  const freshen = async () => {
    if (lists.isFresh) {
      hits++
      return
    }
    misses++
    await lists.refresh()
  }
  const idsOf = (adapter: ProviderAdapter): readonly string[] => [
    ...(lists.of(adapter).models?.keys() ?? []),
  ]

  const aliasesOf = (name: string): readonly string[] =>
    Object.entries(active.current.config.aliases ?? {}).flatMap(([alias, target]) =>
      target === name ? [alias] : [],
    )

  const known = (adapter: ProviderAdapter): readonly CataloguedModel[] => {
    const { name, priceList } = adapter.config
    const { models, reachable } = lists.of(adapter)
    const callable = adapter.credential() !== 'MISSING' && reachable === true
    const ids = models ? [...models.values()] : prices.models(priceList).map(({ id }) => ({ id }))
    return ids.map((listed: ListedModel) => {
      const facts = prices.facts(priceList, listed.id)
      return {
        providerName: name,
        id: listed.id,
        contextWindow: listed.contextWindow ?? facts?.contextWindow ?? null,
        maxOutputTokens: listed.maxOutputTokens ?? facts?.maxOutputTokens ?? null,
        capabilities: facts?.capabilities ?? listed.capabilities ?? [],
        price: prices.price(adapter.config, listed.id, clock.epochMs()) ?? null,
        aliases: [
          ...(facts?.aliases ?? []).filter((alias) => alias !== listed.id && !models?.has(alias)),
          ...aliasesOf(`${name}:${listed.id}`),
        ],
        available: callable && models !== undefined,
      }
    })
  }

  return {
    start: () => lists.start(),
    async models() {
      await freshen()
      return asked(active.current).flatMap(known)
    },
    async offered() {
      await freshen()
      return offeredModels(active.current, idsOf)
    },
    invalidate: () => lists.invalidate(),
    listed: (adapter, model) => lists.of(adapter).models?.get(model),
    has(adapter, model) {
      const { models } = lists.of(adapter)
      if (models) return models.has(model)
      const isKnown = prices.facts(adapter.config.priceList, model) !== undefined
      return isKnown && adapter.credential() === 'PRESENT'
    },
    reachable: (adapter) => lists.of(adapter).reachable,
    check: (adapter) => lists.check(adapter),
    get revision() {
      return lists.revision
    },
    state() {
      const { refreshedAt } = lists
      return {
        hits,
        misses,
        ageS: refreshedAt === undefined ? null : (clock.now() - refreshedAt) / 1000,
        ttlS: ttlMs / 1000,
        modelCount: refreshedAt === undefined ? 0 : offeredModels(active.current, idsOf).length,
      }
    },
  }
}

/** Whose lists are kept: all that can be configured, and Ollama where nobody else has its name. */
function asked({ configured, builtIn }: ProviderSet): readonly ProviderAdapter[] {
  return configured.has('ollama')
    ? [...configured.values()]
    : [builtIn.ollama, ...configured.values()]
}
