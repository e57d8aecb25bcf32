import { join } from 'node:path'
import type { BuiltInSettings } from '#config/built-in-providers.ts'
import { type CurrentConfig, loadConfig } from '#config/current.ts'
import type { GatewayConfig } from '#domain/config.ts'
import { createLog, type Log, type LogLevel } from '#telemetry/logger.ts'
import type { Env } from '#server/env.ts'

export interface Configured {
  readonly config: CurrentConfig
  /** Masks every credential that the configuration in force refers to. */
  readonly log: Log
}

/** Where the services are that need no entry in a file. */
export function serviceSettings(env: Env): BuiltInSettings {
  return {
    ollamaBase: env.OLLAMA_BASE,
    agentRunnerUrl: env.AGENT_RUNNER_URL,
    agentRunnerChatPath: env.AGENT_RUNNER_CHAT_PATH,
    ragBase: env.RAG_BASE,
    ragQueryPath: env.RAG_QUERY_PATH,
    httpTimeoutS: env.HTTP_TIMEOUT_S,
  }
}

/** Reads the configuration, and opens the log that hides its secrets. */
export async function openConfig(env: Env): Promise<Configured> {
  const config = await loadConfig(env.PROVIDERS_YAML, {
    ...serviceSettings(env),
    expectsFile: env.stated.has('PROVIDERS_YAML'),
    defaultUpstreamHeaders: env.DEFAULT_UPSTREAM_HEADERS,
    baseUrls: {
      openai: env.OPENAI_BASE_URL,
      xai: env.XAI_BASE_URL,
      openrouter: env.OPENROUTER_BASE_URL,
      perplexity: env.PERPLEXITY_BASE_URL,
    },
    lookup: env.lookup,
  })
  let secrets = secretsOf(config.active, env)
  const log = createLog({
    level: env.LOG_LEVEL as LogLevel,
    file: join(env.ORCHESTRATOR_LOG_DIR, 'router.log'),
    secrets: () => secrets,
  })
  const activated = (active: GatewayConfig) => {
    secrets = secretsOf(active, env)
    for (const { path, message } of active.warnings) log.warn({ path: path.join('.') }, message)
  }
  activated(config.active)
  config.onActivated(activated)
  return { config, log }
}

function secretsOf({ providers }: GatewayConfig, env: Env): string[] {
  const { ORCHESTRATOR_SECRET, ROUTER_AUTH_TOKEN, lookup } = env
  const keys = providers.map(({ apiKeyEnv }) => (apiKeyEnv ? lookup(apiKeyEnv) : undefined))
  return [ROUTER_AUTH_TOKEN, ORCHESTRATOR_SECRET, ...keys].filter((secret) => secret !== undefined)
}
