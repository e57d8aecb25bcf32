import type { LiveMetricsSubscription, ProviderFactsFragment } from '#web/graphql/documents.ts'

type LiveProvider = LiveMetricsSubscription['liveMetrics']['providers'][number]

/** A provider beside the others: what is known of it, and its last second. */
export interface CompareRow {
  readonly provider: ProviderFactsFragment
  /** Null where nobody counts it: real and simulated traffic are never live at once. */
  readonly live: LiveProvider | null
}

export function compareRows(
  providers: readonly ProviderFactsFragment[],
  live: readonly LiveProvider[],
): readonly CompareRow[] {
  return providers.map((provider) => ({
    provider,
    live: live.find(({ name }) => name === provider.name) ?? null,
  }))
}

/** A percentile of the last minute; without calls in it, that of the last five. */
export function latencyOf(
  { live, provider: { health } }: CompareRow,
  of: 'latencyP50Ms' | 'latencyP95Ms',
): { readonly ms: number | null; readonly minutes: 1 | 5 } {
  const now = live?.[of] ?? null
  return now === null ? { ms: health[of], minutes: 5 } : { ms: now, minutes: 1 }
}

/** Whether the last second tells of another health or circuit than what is shown, which is then to be asked for again. */
export function isOutdated({ live, provider }: CompareRow): boolean {
  if (!live) return false
  return live.health !== provider.health.state || live.circuit !== provider.circuit.state
}
