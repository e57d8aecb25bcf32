import { type LiveMetricsSubscription, LiveMetricsDocument } from '#web/graphql/documents.ts'
import { liveSubscription } from './live.svelte.ts'
import { liveWindowS } from './live-window.ts'

export type LiveSample = LiveMetricsSubscription['liveMetrics']
export type LiveProvider = LiveSample['providers'][number]

/**
 * The last five minutes of live metrics, a sample a second. The shell keeps it filled on whatever page one is, so that the
 * charts are there when one comes back to them.
 */
class LiveHistory {
  /** Oldest first. */
  samples = $state.raw<readonly LiveSample[]>([])
  readonly latest = $derived(this.samples.at(-1))

  /** For the shell only: it lives as long as the component that calls it. */
  follow(): void {
    liveSubscription(
      LiveMetricsDocument,
      () => ({}),
      ({ liveMetrics }) => this.#add(liveMetrics),
    )
  }

  #add(sample: LiveSample): void {
    const oldest = Date.parse(sample.at) - liveWindowS * 1000
    const kept = this.samples.filter(({ at }) => Date.parse(at) >= oldest && at < sample.at)
    this.samples = [...kept, sample]
  }
}

export const liveHistory = new LiveHistory()
