import type { ErrorCode } from './errors.ts'
import type { Ticks } from './money.ts'
import type { CostSource } from './price.ts'
import type { ApiSurface, Priority, RequestRecord, RequestStatus } from './request-record.ts'

/** Exactly one of these is set. `contains` and `startsWith` do not look at case. */
export interface StringFilter {
  readonly in?: readonly string[] | null
  readonly notIn?: readonly string[] | null
  readonly contains?: string | null
  readonly startsWith?: string | null
  readonly exists?: boolean | null
}

/** All that are set apply. An unknown value is in no range. */
export interface RangeFilter<Value extends number | bigint> {
  readonly gt?: Value | null
  readonly gte?: Value | null
  readonly lt?: Value | null
  readonly lte?: Value | null
}

/** Epoch milliseconds; `from` is inside, `to` is not. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** Selects calls; what is absent or null does not restrict. One filter for list, count, facets, analytics and tail. */
export interface RequestFilter {
  readonly time: TimeRange
  /** Simulated traffic never mixes into real totals. */
  readonly simulated: boolean
  readonly status?: readonly RequestStatus[] | null
  readonly surface?: readonly ApiSurface[] | null
  readonly priority?: readonly Priority[] | null
  readonly errorCode?: readonly ErrorCode[] | null
  readonly costSource?: readonly CostSource[] | null
  readonly provider?: StringFilter | null
  /** The model that a call is counted under; see counting.ts. */
  readonly model?: StringFilter | null
  /** By UUID, as `project` and `apiKey` are. */
  readonly tenant?: StringFilter | null
  readonly project?: StringFilter | null
  readonly apiKey?: StringFilter | null
  readonly clientIp?: StringFilter | null
  readonly endUser?: StringFilter | null
  readonly sessionId?: StringFilter | null
  /** Matches when any tag does; `notIn` when none is listed. */
  readonly tag?: StringFilter | null
  /** Of the call's own error, or of any of its attempts. */
  readonly errorFingerprint?: string | null
  readonly httpStatus?: RangeFilter<number> | null
  readonly latencyMs?: RangeFilter<number> | null
  readonly timeToFirstTokenMs?: RangeFilter<number> | null
  readonly cost?: RangeFilter<Ticks> | null
  readonly totalTokens?: RangeFilter<number> | null
  readonly stream?: boolean | null
  readonly requestId?: string | null
}

/** What a filter looks at in a call. */
export interface Filterable extends Omit<RequestRecord, 'attempts' | 'metadata'> {
  /** As counted; empty for none. */
  readonly model: string
  /** Of the call and its attempts. */
  readonly fingerprints: readonly string[]
}
