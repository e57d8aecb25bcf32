import type { Viewer } from '#domain/access.ts'
import type { Filterable, RequestFilter } from '#domain/request-filter.ts'
import { filterable, requestMatches } from '#domain/request-match.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { Clock } from '#gateway/ports.ts'
import { createTopic, type Topic } from './hub.ts'
import type { Subscription } from './subscription.ts'

/** A call that has ended, as filters see it and as it was recorded. */
export interface TailedCall {
  readonly call: Filterable
  readonly record: RequestRecord
}

export interface RequestTail {
  callEnded(record: RequestRecord): void
  /** Calls as they end, those that the filter selects; its time range is left aside. At most four batches a second. */
  subscribe(viewer: Viewer, filter: RequestFilter): Subscription<TailedCall>
  readonly revoke: Topic<TailedCall>['revoke']
}

/** So many calls wait for a subscriber between two batches; of more, the oldest are left out and counted. */
const capacity = 100
const everyMs = 250

/** The live tail of the request list. */
export function createRequestTail(clock: Clock): RequestTail {
  const topic = createTopic<TailedCall>({ overflow: 'DROP_OLDEST', capacity, everyMs }, clock)
  return {
    callEnded(record) {
      if (topic.subscribers > 0)
        topic.publish(record.tenantId, { call: filterable(record), record })
    },
    subscribe: (viewer, filter) =>
      topic.subscribe({
        tenantId: viewer.tenantId,
        viewer,
        accepts: ({ call }) => requestMatches(filter, call),
      }),
    revoke: topic.revoke,
  }
}
