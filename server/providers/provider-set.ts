import type { GatewayConfig } from '#domain/config.ts'
import type { ProviderAdapter } from './adapter.ts'

/** The providers of one configuration, ready to be called. */
export interface ProviderSet {
  readonly config: GatewayConfig
  /** The configured ones by name, in the configuration's order. */
  readonly configured: ReadonlyMap<string, ProviderAdapter>
  /** Those that are there whatever is configured. A configured `ollama` comes before the built-in one. */
  readonly builtIn: Readonly<Record<'agent' | 'rag' | 'ollama', ProviderAdapter>>
}

/** The providers of the configuration in force; each read sees one configuration as a whole. */
export interface ActiveProviders {
  readonly current: ProviderSet
}

/** The Ollama behind the prefix `ollama`, where it is one. */
export function ollamaOf({ configured, builtIn }: ProviderSet): ProviderAdapter {
  return configured.get('ollama') ?? builtIn.ollama
}
