import { addValue, quantile } from '#domain/histogram.ts'

/** What v0.7.2's /stats counts. Bounded: paths are the listener's routes, never a client's text. */
export interface RequestStatistics {
  answered(answer: CountedAnswer): void
  /** A chat call has reached a provider. */
  providerCalled(name: string): void
  snapshot(): StatisticsSnapshot
}

export interface CountedAnswer {
  readonly route: string
  readonly statusCode: number
  readonly elapsedMs: number
  readonly req: { readonly method?: string | undefined }
}

export interface StatisticsSnapshot {
  readonly total: number
  /** Answers of 400 and above. */
  readonly errors: number
  readonly clientErrors: number
  readonly serverErrors: number
  readonly totalMs: number
  /** Milliseconds; null while there was nothing. */
  readonly percentiles: {
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
  }
  readonly byMethod: ReadonlyMap<string, number>
  readonly byRoute: ReadonlyMap<string, number>
  readonly byStatus: ReadonlyMap<number, number>
  readonly byProvider: ReadonlyMap<string, number>
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export function createRequestStatistics(): RequestStatistics {
  let total = 0
  let clientErrors = 0
  let serverErrors = 0
  let totalMs = 0
  const times = new Map<number, number>()
  const byMethod = new Map<string, number>()
  const byRoute = new Map<string, number>()
  const byStatus = new Map<number, number>()
  const byProvider = new Map<string, number>()
  return {
    answered({ elapsedMs, req: { method = '' }, route, statusCode }) {
      total++
      totalMs += elapsedMs
      if (statusCode >= 500) serverErrors++
      else if (statusCode >= 400) clientErrors++
      addValue(times, elapsedMs)
      count(byMethod, knownMethods.has(method) ? method : '(other)')
      count(byRoute, route)
      count(byStatus, statusCode)
    },
    providerCalled: (name) => count(byProvider, name),
    snapshot: () => ({
      total,
      errors: clientErrors + serverErrors,
      clientErrors,
      serverErrors,
      totalMs,
      percentiles: {
        p50: quantile(times, 0.5),
        p95: quantile(times, 0.95),
        p99: quantile(times, 0.99),
      },
      byMethod,
      byRoute,
      byStatus,
      byProvider,
    }),
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
