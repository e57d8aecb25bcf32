import {
  RequestTailDocument,
  type RequestFilter,
  type RequestRowFragment,
} from '#web/graphql/documents.ts'
import { liveSubscription } from './live.svelte.ts'
import { newestFirst } from './newest-first.ts'

/**
 * Requests as they arrive, newest first. A request that comes again (begun, then ended) takes its old place.
 *
 * @param filter Read reactively; null means that nothing is followed. What had arrived under another filter is dropped.
 * @param most How many are kept.
 */
export class RequestTail {
  rows = $state.raw<readonly RequestRowFragment[]>([])
  /** How many the server left out under load. */
  dropped = $state(0)

  constructor(filter: () => RequestFilter | null, { most = 50 } = {}) {
    const question = $derived(JSON.stringify(filter()))
    $effect(() => {
      void question
      this.clear()
    })
    liveSubscription(
      RequestTailDocument,
      () => {
        const wanted = filter()
        return wanted && { filter: wanted }
      },
      ({ requestTail }) => {
        this.dropped += requestTail.dropped
        this.rows = newestFirst(this.rows, requestTail.requests).slice(0, most)
      },
    )
  }

  clear(): void {
    this.rows = []
    this.dropped = 0
  }
}
