import type { GatewayConfig, ProviderConfig } from '#domain/config.ts'
import type { ProviderAdapter } from './adapter.ts'
import { createAgentAdapter } from './agent/index.ts'
import { createOllamaAdapter } from './ollama/index.ts'
import { createOpenAiAdapter } from './openai/index.ts'
import { createOpenAiCompatibleAdapter } from './openai-compatible/index.ts'
import type { AdapterTools } from './openai-wire/adapter.ts'
import { createOpenRouterAdapter } from './openrouter/index.ts'
import { createPerplexityAdapter } from './perplexity/index.ts'
import type { ActiveProviders, ProviderSet } from './provider-set.ts'
import { createRagAdapter } from './rag/index.ts'
import { createSimulatorAdapter, type SimulatorTools } from './simulator/index.ts'
import { createXaiAdapter } from './xai/index.ts'

export interface RegistryTools extends AdapterTools, SimulatorTools {
  /** The providers that are there whatever is configured. */
  readonly builtIn: (
    config: GatewayConfig,
  ) => Readonly<Record<'agent' | 'rag' | 'ollama', ProviderConfig>>
}

export interface Registry extends ActiveProviders {
  /**
   * Builds the providers of a configuration and puts them in force as a whole. Calls under way keep theirs.
   *
   * @throws {TypeError} When one cannot be built; nothing changes then.
   */
  activate(config: GatewayConfig): void
}

/** Builds providers from their configuration: the one place where vendors are named. */
export function createRegistry(first: GatewayConfig, tools: RegistryTools): Registry {
  let current = providerSet(first, tools)
  return {
    get current() {
      return current
    },
    activate(config) {
      current = providerSet(config, tools)
    },
  }
}

function providerSet(config: GatewayConfig, tools: RegistryTools): ProviderSet {
  const { agent, rag, ollama } = tools.builtIn(config)
  return {
    config,
    configured: new Map(
      config.providers.map((provider) => [provider.name, adapterFor(provider, tools)]),
    ),
    builtIn: {
      agent: createAgentAdapter(agent, tools),
      rag: createRagAdapter(rag, tools),
      ollama: createOllamaAdapter(ollama, { ...tools, isBuiltIn: true }),
    },
  }
}

function adapterFor(config: ProviderConfig, tools: RegistryTools): ProviderAdapter {
  switch (config.kind) {
    case 'OPENAI':
      return createOpenAiAdapter(config, tools)
    case 'XAI':
      return createXaiAdapter(config, tools)
    case 'OPENROUTER':
      return createOpenRouterAdapter(config, tools)
    case 'PERPLEXITY':
      return createPerplexityAdapter(config, tools)
    case 'OLLAMA':
      return createOllamaAdapter(config, tools)
    case 'OPENAI_COMPATIBLE':
      return createOpenAiCompatibleAdapter(config, tools)
    case 'AGENT':
      return createAgentAdapter(config, tools)
    case 'RAG':
      return createRagAdapter(config, tools)
    case 'SIMULATOR':
      return createSimulatorAdapter(config, tools)
    case 'ANTHROPIC':
    case 'PLUGIN':
      throw new TypeError(`${config.name}: providers of kind ${config.kind} cannot be built yet`)
  }
}
