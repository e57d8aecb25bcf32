import { GatewayError } from '#domain/errors.ts'
import type { RequestFilter, StringFilter, TimeRange } from '#domain/request-filter.ts'
import type { BucketSize } from '#domain/time-buckets.ts'
import { distributionOf } from '#domain/usage-metric.ts'
import type { UsageDimension, UsageQuery } from '#domain/usage-query.ts'

/**
 * Where a report is read from. ROLLUP: sums by minute or quarter of an hour. DAY: sums by day along one dimension.
 * ROWS: the calls themselves, for what no sum was kept for. `range` is widened to whole sums.
 */
export type UsageSource =
  | { readonly kind: 'ROLLUP'; readonly minutes: 1 | 15; readonly range: TimeRange }
  | { readonly kind: 'DAY'; readonly dimension: OneDimension; readonly range: TimeRange }
  | { readonly kind: 'ROWS'; readonly range: TimeRange }

export type OneDimension = Extract<UsageDimension, 'END_USER' | 'CLIENT_IP' | 'TAG'>

const hour = 60 * 60 * 1000
const day = 24 * hour
/** Rows are read over no more than that. */
const longestScan = 93 * day
/** Sums by minute are kept for 48 hours. */
const minutesKept = 47 * hour

const oneDimension: ReadonlySet<string> = new Set<OneDimension>(['END_USER', 'CLIENT_IP', 'TAG'])
const ownFilter = { END_USER: 'endUser', CLIENT_IP: 'clientIp', TAG: 'tag' } as const

/** What roll-ups cannot tell apart. */
const beyondRollups = [
  'priority',
  'costSource',
  'clientIp',
  'endUser',
  'sessionId',
  'tag',
  'errorFingerprint',
  'httpStatus',
  'latencyMs',
  'timeToFirstTokenMs',
  'cost',
  'totalTokens',
  'stream',
  'requestId',
] as const satisfies readonly (keyof RequestFilter)[]

/** What the sums by day cannot tell apart either. */
const beyondDays = [
  ...beyondRollups,
  'status',
  'surface',
  'errorCode',
  'provider',
  'model',
  'project',
  'apiKey',
] as const

/**
 * Chooses the cheapest source that has the answer.
 *
 * @param zoneOfDays Whether days of the report are the tenant's own, which sums by day are kept for.
 * @throws {GatewayError} INVALID_REQUEST where only rows would tell, over more than 93 days.
 */
export function usageSource(
  { filter, metrics, groupBy = [] }: UsageQuery,
  {
    size,
    now,
    zoneOfDays,
    wholeDays,
  }: {
    size: BucketSize
    now: number
    zoneOfDays: boolean
    wholeDays: (range: TimeRange) => TimeRange
  },
): UsageSource {
  const { time } = filter
  const length = time.to - time.from
  const [dimension] = groupBy
  const single = groupBy.find((name): name is OneDimension => oneDimension.has(name))
  if (single && groupBy.length === 1 && single === dimension) {
    const plain = beyondDays.every((key) => key === ownFilter[single] || unset(filter[key]))
    const byDay = size === 'NONE' || size === 'DAY' || size === 'WEEK' || size === 'MONTH'
    const exact = metrics.every((metric) => !distributionOf[metric])
    if (plain && byDay && exact && zoneOfDays && length > 2 * day) {
      return { kind: 'DAY', dimension: single, range: wholeDays(time) }
    }
  }
  const coarse = size !== 'MINUTE' && size !== 'FIVE_MINUTES'
  if (!single && beyondRollups.every((key) => unset(filter[key]))) {
    const recent = time.from >= now - minutesKept
    if (recent && (!coarse || length <= 6 * hour))
      return { kind: 'ROLLUP', minutes: 1, range: widened(time, 1) }
    if (coarse) return { kind: 'ROLLUP', minutes: 15, range: widened(time, 15) }
  }
  if (length > longestScan) {
    throw new GatewayError(
      'INVALID_REQUEST',
      'This can only be answered from single calls, over 93 days at most: shorten the range or drop filters.',
      {
        issues: [
          {
            path: ['filter', 'time'],
            message: 'must be 93 days at most for this filter and grouping',
          },
        ],
      },
    )
  }
  return { kind: 'ROWS', range: time }
}

function widened({ from, to }: TimeRange, minutes: number): TimeRange {
  const grid = minutes * 60_000
  return { from: Math.floor(from / grid) * grid, to: Math.ceil(to / grid) * grid }
}

function unset(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  return Object.values(value satisfies StringFilter).every(
    (inner) => inner === null || inner === undefined,
  )
}
