import { ProviderEventsDocument } from '#web/graphql/documents.ts'
import { liveSubscription } from '#web/live.svelte.ts'
import type { HealthChange } from './health-change.ts'

/** What the server tells of providers whose health changes, while the page is open. */
export class ProviderNews {
  /** The latest of each provider, by name. */
  #changes = $state.raw<ReadonlyMap<string, HealthChange>>(new Map())
  /** Of all. */
  latest = $state.raw<HealthChange | null>(null)

  /**
   * @param follows Read reactively; false stops listening.
   * @param changed Called with each change.
   */
  constructor(follows: () => boolean, changed: () => void) {
    liveSubscription(
      ProviderEventsDocument,
      () => (follows() ? {} : null),
      ({ events }) => {
        if (events.__typename !== 'ProviderHealthChanged') return
        const { from, to, at, provider } = events
        this.latest = { name: provider.name, from, to, at }
        this.#changes = new Map(this.#changes).set(provider.name, this.latest)
        changed()
      },
    )
  }

  /** When a provider became what it is; null where that was before the page was opened. */
  changedAt(name: string): string | null {
    return this.#changes.get(name)?.at ?? null
  }
}
