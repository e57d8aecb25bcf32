import { GatewayError } from './errors.ts'
import type { TimeRange } from './request-filter.ts'
import { floored } from './time-range.ts'

export type BucketSize =
  | 'NONE'
  | 'MINUTE'
  | 'FIVE_MINUTES'
  | 'FIFTEEN_MINUTES'
  | 'HOUR'
  | 'DAY'
  | 'WEEK'
  | 'MONTH'

export interface Buckets {
  readonly size: BucketSize
  /** Where each bucket begins, epoch ms, ascending. */
  readonly starts: readonly number[]
  /** Where the last one ends. */
  readonly end: number
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const mostBuckets = 2000

/** Sizes that give a chart some 30 to 200 points, by the longest range that each serves. */
const automatic: readonly (readonly [span: number, size: BucketSize])[] = [
  [2 * hour, 'MINUTE'],
  [8 * hour, 'FIVE_MINUTES'],
  [36 * hour, 'FIFTEEN_MINUTES'],
  [8 * day, 'HOUR'],
  [200 * day, 'DAY'],
  [3 * 366 * day, 'WEEK'],
]

export function automaticSize({ from, to }: TimeRange): BucketSize {
  // A day of 25 hours, or a range that was rounded up, still counts as what it was meant to be.
  return automatic.find(([span]) => to - from <= span + hour)?.[1] ?? 'MONTH'
}

/**
 * Cuts a range into buckets whose edges are those of a zone's calendar: a day on which clocks change has 23 or 25
 * hours. The first bucket may begin before the range, the last may end after it. NONE is one bucket, the range.
 *
 * @throws {GatewayError} INVALID_REQUEST for more than 2,000 buckets, and for zones that nobody knows.
 */
export function bucketsOf(
  range: TimeRange,
  { size, timeZone }: { size: BucketSize; timeZone: string },
): Buckets {
  if (size === 'NONE') return { size, starts: [range.from], end: range.to }
  const starts: number[] = []
  let next = firstStart(at(range.from, timeZone), size)
  while (next.epochMilliseconds < range.to) {
    if (starts.length === mostBuckets) {
      throw new GatewayError(
        'INVALID_REQUEST',
        `The range has more than ${mostBuckets} buckets of that size; take larger ones.`,
      )
    }
    starts.push(next.epochMilliseconds)
    next = next.add(step(size))
  }
  return { size, starts, end: next.epochMilliseconds }
}

/**
 * The same number of buckets just before, and as much of them as `range` covers of its own: half of today is compared
 * with the same half of yesterday.
 */
export function previousBuckets(
  { size, starts }: Buckets,
  { range, timeZone }: { range: TimeRange; timeZone: string },
): { buckets: Buckets; range: TimeRange } {
  const before = (epochMs: number) =>
    size === 'NONE'
      ? epochMs - (range.to - range.from)
      : times(at(epochMs, timeZone), { size, count: -starts.length }).epochMilliseconds
  const end = starts[0] ?? range.from
  const from = before(range.from)
  return {
    buckets: { size, starts: starts.map(before), end },
    range: { from, to: Math.max(from, Math.min(before(range.to), end)) },
  }
}

function at(epochMs: number, timeZone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs)).toZonedDateTimeISO(timeZone)
  } catch (error) {
    throw new GatewayError(
      'INVALID_REQUEST',
      `“${timeZone.slice(0, 60)}” is not a time zone such as Europe/Berlin.`,
      {
        issues: [{ path: ['timeZone'], message: 'must be the name of an IANA time zone' }],
        cause: error,
      },
    )
  }
}

function firstStart(
  point: Temporal.ZonedDateTime,
  size: Exclude<BucketSize, 'NONE'>,
): Temporal.ZonedDateTime {
  switch (size) {
    case 'MINUTE':
      return floored(point, 'm')
    case 'FIVE_MINUTES':
      return point.round({ smallestUnit: 'minute', roundingIncrement: 5, roundingMode: 'floor' })
    case 'FIFTEEN_MINUTES':
      return point.round({ smallestUnit: 'minute', roundingIncrement: 15, roundingMode: 'floor' })
    case 'HOUR':
      return floored(point, 'h')
    case 'DAY':
      return floored(point, 'd')
    case 'WEEK':
      return floored(point, 'w')
    case 'MONTH':
      return floored(point, 'M')
  }
}

function step(size: Exclude<BucketSize, 'NONE'>): Temporal.DurationLike {
  switch (size) {
    case 'MINUTE':
      return { minutes: 1 }
    case 'FIVE_MINUTES':
      return { minutes: 5 }
    case 'FIFTEEN_MINUTES':
      return { minutes: 15 }
    case 'HOUR':
      return { hours: 1 }
    case 'DAY':
      return { days: 1 }
    case 'WEEK':
      return { weeks: 1 }
    case 'MONTH':
      return { months: 1 }
  }
}

function times(
  point: Temporal.ZonedDateTime,
  { size, count }: { size: Exclude<BucketSize, 'NONE'>; count: number },
): Temporal.ZonedDateTime {
  const one = step(size)
  return point.add(
    Object.fromEntries(Object.entries(one).map(([unit, amount]) => [unit, Number(amount) * count])),
  )
}
