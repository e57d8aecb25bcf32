/** What the page reads from the v0.7.2 documents. They come as JSON, so every field may be missing. */
export interface RootFacts {
  readonly version?: string
  readonly uptime_s?: number
  readonly ollama_base?: string
  readonly agent_runner_url?: string
  readonly providers_loaded?: readonly string[]
  readonly providers_yaml?: string
  readonly models_cache_ttl_s?: number
  readonly auth_enabled?: boolean
  readonly max_concurrency?: number | null
}

export interface ServiceHealth {
  readonly ok?: boolean
  readonly version?: string
  readonly base_url?: string
  readonly url?: string
  readonly response_time_ms?: number | null
}

export interface ProviderHealth {
  readonly reachable?: boolean | null
  readonly type?: string
  readonly base_url?: string
  readonly has_api_key?: boolean
  readonly response_time_ms?: number | null
}

export interface HealthFacts {
  readonly status?: string
  readonly ok?: boolean
  readonly services?: Readonly<Record<string, ServiceHealth>>
  readonly providers?: {
    readonly count?: number
    readonly status?: Readonly<Record<string, ProviderHealth>>
  }
}

export interface StatsFacts {
  readonly uptime_s?: number
  readonly requests?: {
    readonly total?: number
    readonly errors?: number
    readonly success?: number
    readonly error_rate_percent?: number
    readonly avg_response_time_ms?: number
  }
  readonly by_path?: Readonly<Record<string, number>>
  readonly by_status?: Readonly<Record<string, number>>
  readonly providers?: { readonly requests?: Readonly<Record<string, number>> }
  readonly cache?: {
    readonly hits?: number
    readonly misses?: number
    readonly hit_rate_percent?: number
    readonly models_cache?: {
      readonly valid?: unknown
      readonly age_s?: number | null
      readonly ttl_s?: number
      readonly model_count?: number
    }
  }
  readonly connection_pool?: {
    readonly max_connections?: number
    readonly max_keepalive?: number
  }
  readonly concurrency?: {
    readonly max?: number | null
    readonly current_available?: number | null
  }
}

export interface ModelList {
  readonly data?: readonly { readonly id: string; readonly owned_by?: string }[]
}

/** Models by the prefix of their name, in the order in which the prefixes first appear. */
export function byPrefix(
  list: ModelList | undefined,
): readonly { readonly prefix: string; readonly models: readonly string[] }[] {
  const groups = Map.groupBy(list?.data ?? [], ({ id }) => id.split(':')[0] ?? '')
  return [...groups].map(([prefix, models]) => ({
    prefix,
    models: models.map(({ id }) => id.slice(prefix.length + 1)),
  }))
}

/** The file's own name, without the folders that it is in. */
export const baseName = (path: string | undefined) => path?.split(/[/\\]/).at(-1)

/** The busiest of a map of counts, largest first. */
export function busiest(
  counts: Readonly<Record<string, number>> | undefined,
  most: number,
): readonly (readonly [string, number])[] {
  return Object.entries(counts ?? {})
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, most)
}
