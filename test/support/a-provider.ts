import type { LiveMetricsSubscription, ProviderFactsFragment } from '#web/graphql/documents.ts'

type LiveProvider = LiveMetricsSubscription['liveMetrics']['providers'][number]

/** A provider as the dashboard has it: all is well. */
export function aProvider({
  health = {},
  circuit = {},
  ...changes
}: Partial<Omit<ProviderFactsFragment, 'health' | 'circuit'>> & {
  health?: Partial<ProviderFactsFragment['health']>
  circuit?: Partial<ProviderFactsFragment['circuit']>
} = {}): ProviderFactsFragment {
  return {
    id: 'p1',
    name: 'acme',
    kind: 'OPENAI_COMPATIBLE',
    simulated: false,
    baseUrl: null,
    credential: 'PRESENT',
    override: 'AUTO',
    priority: 1,
    weight: 1,
    inFlight: 0,
    queued: 0,
    health: {
      state: 'HEALTHY',
      reason: null,
      score: 100,
      checkedAt: '2026-11-22T12:00:00Z',
      successRate: 1,
      latencyP50Ms: 200,
      latencyP95Ms: 400,
      consecutiveFailures: 0,
      lastSuccessAt: '2026-11-22T12:00:00Z',
      lastError: null,
      ...health,
    },
    circuit: { state: 'CLOSED', openedAt: null, retryAt: null, ...circuit },
    upstreamLimits: null,
    models: { totalCount: 3 },
    ...changes,
  }
}

/** Its last second: nothing happened in it. */
export function aLiveProvider(changes: Partial<LiveProvider> = {}): LiveProvider {
  return {
    name: 'acme',
    requestsPerSecond: 0,
    errorsPerSecond: 0,
    tokensPerSecond: 0,
    costPerMinute: '0',
    inFlight: 0,
    latencyP50Ms: null,
    latencyP95Ms: null,
    health: 'HEALTHY',
    circuit: 'CLOSED',
    ...changes,
  }
}
