import type { CallRule } from './call-rule.ts'
import type { Resilience } from './resilience.ts'
import type { RouteConfig } from './route-config.ts'
import type { PriceOverride } from './price-override.ts'
import type { RateLimitRule } from './rate-limit.ts'
import type { RoutingOverrides } from './routing-policy.ts'

export type ProviderKind =
  | 'OPENAI'
  | 'XAI'
  | 'OPENROUTER'
  | 'PERPLEXITY'
  | 'OLLAMA'
  | 'OPENAI_COMPATIBLE'
  | 'ANTHROPIC'
  | 'AGENT'
  | 'RAG'
  | 'PLUGIN'
  | 'SIMULATOR'

/** Limits on waiting for a provider, in milliseconds. Undefined is no limit. */
export interface Timeouts {
  readonly connectMs: number
  /** From sending the request to the first event of a stream; of a whole answer only where there is no `totalMs`. */
  readonly firstTokenMs: number
  /** Between two data events. */
  readonly stallMs: number
  readonly totalMs: number | undefined
}

/** How long a provider is waited for, and how its failures are taken. */
export interface Policies {
  readonly timeouts: Timeouts
  readonly resilience: Resilience
}

/** One provider as configured. Credentials are references, never values. */
export interface ProviderConfig {
  /** The prefix in `provider:model`. */
  readonly name: string
  readonly kind: ProviderKind
  /** Whose price list applies: `openai`, `xai`, `openrouter`, `perplexity`; `local` is free; undefined is unknown. */
  readonly priceList: string | undefined
  /** Without a trailing slash. */
  readonly baseUrl: string
  /** Joined to `baseUrl` with exactly one slash. */
  readonly chatPath: string
  readonly modelsPath: string
  readonly embeddingsPath: string
  /** Sent with each call; later sources have won already, names are compared without case. */
  readonly headers: Readonly<Record<string, string>>
  /** Name of the environment variable that holds the key; looked up for every call. */
  readonly apiKeyEnv: string | undefined
  readonly timeouts: Timeouts
  /** Absent: the new defaults; none of it with a v0.7.2 file. */
  readonly resilience?: Resilience
  /** Its share of the calls where a route is weighted; a target of a route may have another one. Absent: 1. */
  readonly weight?: number | undefined
  /** Whether its models go on from an assistant message that stands last. Absent: they do not. */
  readonly takesPrefix?: boolean | undefined
  /** How many calls it is sent at once; the others wait. Absent: no limit. */
  readonly maxConcurrency?: number | undefined
  /** Keep v0.7.2's leniency: a non-JSON answer is passed on as text, and no [DONE] is added. */
  readonly legacy: boolean
}

export interface ConfigWarning {
  readonly path: readonly string[]
  readonly message: string
}

/** The configuration that calls run under; a call keeps the one it began with. */
export interface GatewayConfig {
  /** Rises by one with every activation in this process's life. */
  readonly version: number
  /** The file it came from; null when the environment alone says which providers there are. */
  readonly file: string | null
  /** A v0.7.2 file is in use: its defaults and its routing, and no simulator. */
  readonly legacy: boolean
  /** In the file's order. */
  readonly providers: readonly ProviderConfig[]
  /** Those of the providers that are there without being configured. Absent: the new defaults. */
  readonly defaults?: Policies
  /** What other names stand for: `provider:model`, or the name of a route. Absent: none. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Absent: none. */
  readonly routes?: readonly RouteConfig[]
  /** Absent: none. */
  readonly rateLimits?: readonly RateLimitRule[]
  /** Prices in place of those that come with the product. Absent: none. */
  readonly prices?: readonly PriceOverride[]
  /** What rewrites or refuses calls, in their order. Absent: nothing. */
  readonly rules?: readonly CallRule[]
  /** Whether models without a price may run under a blocking budget; they then cost it nothing. Absent: they may not. */
  readonly allowUnpriced?: boolean
  /** Who may choose among targets by themselves. Absent: everybody. */
  readonly routingOverrides?: RoutingOverrides
  /**
   * What a call without a limit of its own may produce where a blocking budget or quota applies. Absent: as much as its
   * model can give.
   */
  readonly defaultMaxTokens?: number | undefined
  readonly warnings: readonly ConfigWarning[]
}
