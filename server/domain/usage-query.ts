import type { RequestFilter } from './request-filter.ts'
import type { BucketSize } from './time-buckets.ts'
import type { MetricValue, UsageMetric } from './usage-metric.ts'

export type UsageDimension =
  | 'PROVIDER'
  | 'MODEL'
  | 'TENANT'
  | 'PROJECT'
  | 'API_KEY'
  | 'END_USER'
  | 'CLIENT_IP'
  | 'TAG'
  | 'SURFACE'
  | 'STATUS'
  | 'ERROR_CODE'

/** A question about many calls. */
export interface UsageQuery {
  readonly filter: RequestFilter
  readonly metrics: readonly UsageMetric[]
  readonly groupBy?: readonly UsageDimension[]
  readonly bucket?: BucketSize | 'AUTO'
  /** IANA name; absent is the tenant's reporting zone. */
  readonly timeZone?: string | null
  readonly comparePrevious?: boolean
  /** How many series a metric has at most, beside the one for the rest. */
  readonly limit?: number
  /** What the first series are the largest by; absent is the first metric. */
  readonly rankBy?: UsageMetric | null
}

export interface DimensionValue {
  readonly dimension: UsageDimension
  /** Empty for calls that have none. */
  readonly value: string
  readonly label: string
}

/** Columns: `values[i]` belongs to `buckets[i]`. */
export interface UsageSeries {
  /** Empty when nothing is grouped by, and for the rest. */
  readonly key: readonly DimensionValue[]
  readonly isOther: boolean
  readonly metric: UsageMetric
  readonly values: readonly MetricValue[]
  /** Of the buckets just before; null unless asked for. */
  readonly previous: readonly MetricValue[] | null
  readonly total: MetricValue
}

export interface MetricTotal {
  readonly metric: UsageMetric
  readonly total: MetricValue
  readonly previous: MetricValue | null
}

/** Instants are epoch milliseconds. */
export interface UsageReport {
  /** What was counted: the range asked for, widened to the edges of what sums are kept for. */
  readonly from: number
  readonly to: number
  readonly timeZone: string
  readonly bucket: BucketSize
  readonly buckets: readonly number[]
  readonly series: readonly UsageSeries[]
  readonly totals: readonly MetricTotal[]
  readonly lastBucketPartial: boolean
  readonly freshAsOf: number
}
