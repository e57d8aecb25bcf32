import { GatewayError } from './errors.ts'
import type { TimeRange } from './request-filter.ts'

/** Grafana's syntax: `now`, `now-24h`, `now/d`, `now-1M/M`. */
export interface RelativeRange {
  readonly from: string
  readonly to: string
}

const units = {
  s: 'seconds',
  m: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
  M: 'months',
  Q: 'months',
  y: 'years',
} as const

type Unit = keyof typeof units

/**
 * The instants that a relative range means at a time and in a zone. `/d` goes to the start of the day in `from`, and
 * to its end in `to`, so that `now/d` to `now/d` is today; weeks begin on Monday.
 *
 * @param now The present, in the zone whose days and months are meant.
 * @throws {GatewayError} INVALID_REQUEST with the path of the bound that cannot be understood.
 */
export function relativeRange(range: RelativeRange, now: Temporal.ZonedDateTime): TimeRange {
  const from = timePoint(range.from, { now, bound: 'from' })
  const to = timePoint(range.to, { now, bound: 'to' })
  return checkedRange({ from: from.epochMilliseconds, to: to.epochMilliseconds })
}

/** @throws {GatewayError} INVALID_REQUEST where the range ends before it begins, or leaves the calendar. */
export function checkedRange(range: TimeRange): TimeRange {
  if (!(range.from < range.to)) throw refused('to', 'The time range must end after it begins.')
  if (range.from < 0 || range.to > 253_402_300_799_000)
    throw refused('from', 'The time range must lie in the years 1970 to 9999.')
  return range
}

function timePoint(
  text: string,
  { now, bound }: { now: Temporal.ZonedDateTime; bound: 'from' | 'to' },
): Temporal.ZonedDateTime {
  if (!/^\s*now(?:[+-]\d{1,6}[smhdwMQy]|\/[smhdwMQy])*\s*$/.test(text)) {
    throw refused(
      bound,
      `“${text.slice(0, 40)}” is not a time such as now, now-24h, now/d or now-1M/M.`,
    )
  }
  let point = now
  for (const step of text.match(/[+-]\d+[smhdwMQy]|\/[smhdwMQy]/g) ?? [])
    point = stepped(point, { step, bound })
  return point
}

function stepped(
  point: Temporal.ZonedDateTime,
  { step, bound }: { step: string; bound: 'from' | 'to' },
): Temporal.ZonedDateTime {
  const unit = step.at(-1) as Unit
  try {
    if (step.startsWith('/')) return bound === 'from' ? floored(point, unit) : ceiled(point, unit)
    return point.add(lasting(Number(step.slice(0, -1)), unit))
  } catch (error) {
    throw refused(bound, 'The time is outside the calendar.', error)
  }
}

const lasting = (count: number, unit: Unit): Temporal.DurationLike => ({
  [units[unit]]: unit === 'Q' ? count * 3 : count,
})

/** The start of the unit that holds a point. */
export function floored(point: Temporal.ZonedDateTime, unit: Unit): Temporal.ZonedDateTime {
  switch (unit) {
    case 's':
      return point.round({ smallestUnit: 'second', roundingMode: 'floor' })
    case 'm':
      return point.round({ smallestUnit: 'minute', roundingMode: 'floor' })
    case 'h':
      return point.round({ smallestUnit: 'hour', roundingMode: 'floor' })
    case 'd':
      return point.startOfDay()
    case 'w':
      return point.subtract({ days: point.dayOfWeek - 1 }).startOfDay()
    case 'M':
      return point.with({ day: 1 }).startOfDay()
    case 'Q':
      return point.with({ day: 1, month: point.month - ((point.month - 1) % 3) }).startOfDay()
    case 'y':
      return point.with({ day: 1, month: 1 }).startOfDay()
  }
}

/** Where the unit that holds a point ends: the start of the next one, since a range's end lies outside it. */
const ceiled = (point: Temporal.ZonedDateTime, unit: Unit): Temporal.ZonedDateTime =>
  floored(point, unit).add(lasting(1, unit))

function refused(bound: 'from' | 'to', message: string, cause?: unknown): GatewayError {
  return new GatewayError('INVALID_REQUEST', message, {
    issues: [{ path: ['time', bound], message }],
    cause,
  })
}
