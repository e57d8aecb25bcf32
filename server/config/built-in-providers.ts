import type { GatewayConfig, ProviderConfig } from '#domain/config.ts'
import { defaultTimeouts, oldTimeouts, providerConfig } from './provider-defaults.ts'

/** Where the services are that need no entry in a file; see `Env`. Addresses have no trailing slash. */
export interface BuiltInSettings {
  readonly ollamaBase: string
  readonly agentRunnerUrl: string
  readonly agentRunnerChatPath: string
  readonly ragBase: string
  readonly ragQueryPath: string
  readonly httpTimeoutS: number
}

/**
 * The providers that are there whatever is configured: the agent runner, the RAG backend and Ollama. None of them sends
 * a bill. Agent and RAG answer whole and take their time, so HTTP_TIMEOUT_S is theirs under any configuration; else the
 * configuration's defaults are theirs, too.
 */
export function builtInProviders(
  { legacy, defaults }: Pick<GatewayConfig, 'legacy' | 'defaults'>,
  settings: BuiltInSettings,
): Readonly<Record<'agent' | 'rag' | 'ollama', ProviderConfig>> {
  const timeouts = oldTimeouts(settings.httpTimeoutS)
  const rest = {
    priceList: 'local',
    legacy,
    timeouts,
    ...(defaults && { resilience: defaults.resilience }),
  }
  return {
    agent: providerConfig({
      ...rest,
      name: 'agent',
      kind: 'AGENT',
      baseUrl: settings.agentRunnerUrl,
      chatPath: settings.agentRunnerChatPath,
    }),
    rag: providerConfig({
      ...rest,
      name: 'rag',
      kind: 'RAG',
      baseUrl: settings.ragBase,
      chatPath: settings.ragQueryPath,
    }),
    ollama: providerConfig({
      ...rest,
      name: 'ollama',
      kind: 'OLLAMA',
      baseUrl: settings.ollamaBase,
      timeouts: legacy ? timeouts : (defaults?.timeouts ?? defaultTimeouts),
    }),
  }
}
