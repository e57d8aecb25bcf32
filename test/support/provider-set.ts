import type { GatewayConfig, ProviderConfig } from '#domain/config.ts'
import type { ListedModel, ProviderAdapter } from '#providers/adapter.ts'
import type { ActiveProviders, ProviderSet } from '#providers/provider-set.ts'
import { providerConfig } from '#test/support/fake-gateway.ts'

/** A provider that only lists models: a list, or what a function makes of the call. */
export function listingAdapter(
  config: Partial<ProviderConfig> & { name: string },
  models: readonly string[] | (() => Promise<readonly ListedModel[]>) = [],
  credential: 'PRESENT' | 'MISSING' | 'NOT_NEEDED' = 'PRESENT',
): ProviderAdapter {
  return {
    config: {
      ...providerConfig,
      kind: 'OPENAI_COMPATIBLE',
      priceList: undefined,
      baseUrl: `http://${config.name}.test`,
      ...config,
    },
    stream: () => Promise.reject(new Error('this provider only lists its models')),
    models:
      typeof models === 'function' ? models : () => Promise.resolve(models.map((id) => ({ id }))),
    credential: () => credential,
  }
}

/** Providers in force; `set` puts others there. */
export function activeProviders(
  configured: readonly ProviderAdapter[],
  {
    legacy = false,
    aliases = {},
    routes = [],
    ollama = listingAdapter({
      name: 'ollama',
      kind: 'OLLAMA',
      baseUrl: 'http://127.0.0.1:11434',
      priceList: 'local',
    }),
  }: Partial<Pick<GatewayConfig, 'legacy' | 'aliases' | 'routes'>> & {
    ollama?: ProviderAdapter
  } = {},
): ActiveProviders & { set(configured: readonly ProviderAdapter[]): void } {
  let version = 0
  const setOf = (adapters: readonly ProviderAdapter[]): ProviderSet => ({
    config: {
      version: ++version,
      file: null,
      legacy,
      aliases,
      routes,
      providers: adapters.map(({ config }) => config),
      warnings: [],
    },
    configured: new Map(adapters.map((adapter) => [adapter.config.name, adapter])),
    builtIn: {
      agent: listingAdapter({ name: 'agent', kind: 'AGENT', priceList: 'local' }),
      rag: listingAdapter({ name: 'rag', kind: 'RAG', priceList: 'local' }),
      ollama,
    },
  })
  let current = setOf(configured)
  return {
    get current() {
      return current
    },
    set(adapters) {
      current = setOf(adapters)
    },
  }
}
