import { writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { uptimeSeconds } from './uptime.ts'

/** What has been counted since the start; telemetry's request statistics fit. */
export interface CountedRequests {
  readonly total: number
  readonly errors: number
  readonly clientErrors: number
  readonly serverErrors: number
  readonly totalMs: number
  readonly percentiles: Readonly<Record<'p50' | 'p95' | 'p99', number | null>>
  readonly byMethod: ReadonlyMap<string, number>
  readonly byRoute: ReadonlyMap<string, number>
  readonly byStatus: ReadonlyMap<number, number>
  readonly byProvider: ReadonlyMap<string, number>
}

/** How the list of models is cached. */
export interface ModelsCacheState {
  readonly hits: number
  readonly misses: number
  /** Null before the first list. */
  readonly ageS: number | null
  readonly ttlS: number
  readonly modelCount: number
}

export interface StatsOptions {
  /** Monotonic milliseconds. */
  readonly startedAt: number
  readonly counted: () => CountedRequests
  readonly providerCount: () => number
  readonly modelsCache: () => ModelsCacheState
  /** Null is unlimited. */
  readonly concurrency: () => { readonly max: number | null; readonly available: number | null }
}

const busiest = 10

/** `GET /stats`: what has been answered since the start, this request not yet counted. */
export function stats({
  startedAt,
  counted,
  providerCount,
  modelsCache,
  concurrency,
}: StatsOptions): RequestHandler {
  return (_request, response) => {
    const { byMethod, byProvider, byRoute, byStatus, percentiles, total, ...sums } = counted()
    const { hits, misses, ageS, ttlS, modelCount } = modelsCache()
    const { max, available } = concurrency()
    writeJson(response, {
      uptime_s: uptimeSeconds(startedAt),
      requests: {
        total,
        errors: sums.errors,
        success: total - sums.errors,
        error_rate_percent: percent(sums.errors, total),
        avg_response_time_ms: total === 0 ? 0 : cents(sums.totalMs / total),
        total_response_time_ms: cents(sums.totalMs),
        client_errors: sums.clientErrors,
        server_errors: sums.serverErrors,
        p50_response_time_ms: rounded(percentiles.p50),
        p95_response_time_ms: rounded(percentiles.p95),
        p99_response_time_ms: rounded(percentiles.p99),
      },
      by_method: Object.fromEntries(byMethod),
      by_path: descending(byRoute).slice(0, busiest).reduce(asObject, {}),
      by_status: Object.fromEntries(byStatus),
      providers: {
        requests: descending(byProvider).reduce(asObject, {}),
        total_providers: providerCount(),
      },
      cache: {
        hits,
        misses,
        hit_rate_percent: percent(hits, hits + misses),
        models_cache: {
          valid: ageS !== null && ageS < ttlS,
          age_s: rounded(ageS),
          ttl_s: ttlS,
          model_count: modelCount,
        },
      },
      connection_pool: { max_connections: 100, max_keepalive: 20 },
      concurrency: { max, current_available: available },
    })
  }
}

function descending(counts: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...counts].toSorted(([, one], [, other]) => other - one)
}

function asObject(
  whole: Readonly<Record<string, number>>,
  [key, value]: readonly [string, number],
): Readonly<Record<string, number>> {
  return { ...whole, [key]: value }
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : cents((part / whole) * 100)
}

/** Two decimals. */
function cents(value: number): number {
  return Math.round(value * 100) / 100
}

function rounded(value: number | null): number | null {
  return value === null ? null : cents(value)
}
