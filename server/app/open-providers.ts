import { builtInProviders } from '#config/built-in-providers.ts'
import type { CurrentConfig } from '#config/current.ts'
import type { ModelPrice } from '#domain/price.ts'
import type { ConfiguredProvider, ProviderSource } from '#graphql/sources.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import type { ProviderAdapter } from '#providers/adapter.ts'
import type { MalformedListener } from '#providers/malformed-events.ts'
import { type Catalogue, createCatalogue } from '#providers/catalogue.ts'
import type { Listing } from '#providers/model-lists.ts'
import { createPriceBook, type PriceBook } from '#providers/price-book.ts'
import { vendoredPrices } from '#providers/price-table.ts'
import { createRegistry } from '#providers/registry.ts'
import { createRoutes, type ProviderRoutes } from '#providers/routes.ts'
import { createUpstream } from '#providers/upstream.ts'
import type { Env } from '#server/env.ts'
import { serviceSettings } from './open-config.ts'

export interface Providers {
  readonly catalogue: Catalogue
  readonly routes: ProviderRoutes
  readonly source: ProviderSource
  readonly prices: PriceBook
  /** The price of a configured provider's model that is in force at an instant, epoch ms. */
  priceAt(providerName: string, model: string, at: number): ModelPrice | undefined
  /** The configured ones, in the configuration's order. */
  all(): readonly ProviderAdapter[]
  kindOf(name: string): string | undefined
  /** A configured one, or the Ollama that is always there. */
  find(name: string): ProviderAdapter | undefined
  /** From now on `listener` is told of every provider that was asked for its models; at once of those that were already. */
  onListed(listener: ListedListener): void
  /** From now on `listener` is told of events that could not be read. */
  onMalformed(listener: MalformedListener): void
  close(): Promise<void>
}

type ListedListener = (adapter: ProviderAdapter, listing: Listing) => void

/** Builds the providers of the configuration in force, now and at each activation. */
export function openProviders(env: Env, config: CurrentConfig): Providers {
  const upstream = createUpstream()
  let malformed: MalformedListener = () => {}
  const early: Parameters<ListedListener>[] = []
  let listed: ListedListener = (...told) => void early.push(told)
  const registry = createRegistry(config.active, {
    upstream,
    lookup: env.lookup,
    malformed: (seen) => malformed(seen),
    clock,
    random: Math.random,
    builtIn: (active) => builtInProviders(active, serviceSettings(env)),
  })
  const prices = createPriceBook(vendoredPrices())
  prices.override('CONFIG', config.active.prices ?? [])
  const catalogue = createCatalogue(registry, {
    prices,
    clock,
    ttlMs: env.MODELS_CACHE_TTL_S * 1000,
    listed: (adapter, listing) => listed(adapter, listing),
  })
  config.onActivated((active) => {
    registry.activate(active)
    prices.override('CONFIG', active.prices ?? [])
    catalogue.invalidate()
  })
  const stop = catalogue.start()
  const find = (name: string) => registry.current.configured.get(name)
  const findAny = (name: string) =>
    find(name) ?? (name === 'ollama' ? registry.current.builtIn.ollama : undefined)
  const all = () => [...registry.current.configured.values()]
  const source: ProviderSource = {
    all: () => all().map(configuredProvider),
    find(name) {
      const adapter = findAny(name)
      return adapter && configuredProvider(adapter)
    },
    models: () => catalogue.models(),
  }
  return {
    catalogue,
    routes: createRoutes(registry, { catalogue, prices, clock }),
    prices,
    priceAt(providerName, model, at) {
      const provider = source.find(providerName)
      return provider && prices.price(provider.config, model, at)
    },
    source,
    all,
    find: findAny,
    kindOf: (name) => find(name)?.config.kind,
    onListed(listener) {
      listed = listener
      for (const told of early) listener(...told)
    },
    onMalformed(listener) {
      malformed = listener
    },
    close() {
      stop()
      return upstream.close()
    },
  }
}

function configuredProvider(adapter: ProviderAdapter): ConfiguredProvider {
  return {
    config: adapter.config,
    simulated: adapter.config.kind === 'SIMULATOR',
    credential: () => adapter.credential(),
  }
}
