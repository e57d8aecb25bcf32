import type { GatewayConfig } from '#domain/config.ts'
import type { ProviderAdapter } from './adapter.ts'
import type { ProviderSet } from './provider-set.ts'

/** A model as `GET /v1/models` names it. */
export interface OfferedModel {
  /** `provider:model`, or a name of the configuration. */
  readonly id: string
  readonly ownedBy: string
  /** The `provider:model` that a name of the configuration can stand for, each once; absent for models. */
  readonly standsFor?: readonly string[]
}

/** Prefixes that never reach a configured provider. */
const taken = new Set(['agent', 'rag'])

/**
 * The names of the configuration's own (v0.7.2's has none), then all models in v0.7.2's order: those of OLLAMA_BASE,
 * then those of the configuration in its order, then the agent. An Ollama that is named twice (`localhost` and
 * `127.0.0.1` are one) is listed once, under the prefix that reaches it.
 */
export function offeredModels(
  { config, configured, builtIn }: ProviderSet,
  idsOf: (adapter: ProviderAdapter) => readonly string[],
): readonly OfferedModel[] {
  const base = addressOf(builtIn.ollama)
  const owner = configured.get('ollama') ?? builtIn.ollama
  const first = addressOf(owner) === base ? [owner] : []
  const rest = [...configured.values()].filter(
    (adapter) => !first.includes(adapter) && isReachable(adapter),
  )
  const seen = new Set<string>()
  const offered = [...first, ...rest].flatMap((adapter) => {
    const { name, kind } = adapter.config
    const isOllama = kind === 'OLLAMA'
    if (isOllama && seen.has(addressOf(adapter))) return []
    if (isOllama) seen.add(addressOf(adapter))
    return idsOf(adapter).map((id) => ({
      id: `${name}:${id}`,
      ownedBy: isOllama ? 'ollama' : name,
    }))
  })
  return [...namedModels(config), ...offered, { id: 'agent:mcp', ownedBy: 'agent_runner' }]
}

function namedModels({
  aliases = {},
  routes = [],
}: Pick<GatewayConfig, 'aliases' | 'routes'>): readonly OfferedModel[] {
  const targets = new Map(
    routes.map((route) => [
      route.name,
      [route, ...route.rules].flatMap((choice) => choice.targets.map(({ name }) => name)),
    ]),
  )
  const names = [...routes.map(({ name }) => [name, name] as const), ...Object.entries(aliases)]
  return names.map(([id, end]) => ({
    id,
    ownedBy: 'orchestrator',
    standsFor: [...new Set(targets.get(end) ?? [end])],
  }))
}

function isReachable({ config }: ProviderAdapter): boolean {
  return !taken.has(config.name) && !config.name.includes(':')
}

function addressOf({ config }: ProviderAdapter): string {
  const url = URL.parse(config.baseUrl)
  if (!url) return config.baseUrl
  const host = url.hostname === 'localhost' || url.hostname === '[::1]' ? '127.0.0.1' : url.hostname
  return `${url.protocol}//${host}:${url.port}${url.pathname.replace(/\/+$/, '')}`
}
