import type { AllowancePeriod } from './allowance.ts'

/** From when until when an allowance counts, epoch ms; `endsAt` is null when it never ends. */
export interface WindowBounds {
  readonly startsAt: number
  readonly endsAt: number | null
}

/**
 * The window that holds an instant. Days, weeks (from Monday) and months are the calendar's in `timeZone`, so a day on
 * which clocks change has 23 or 25 hours; seconds, minutes and hours are those of UTC, which no zone moves.
 *
 * @param epochMs By the database's clock.
 * @throws {RangeError} For a zone that nobody knows.
 */
export function windowAt(
  epochMs: number,
  { period, timeZone }: { period: AllowancePeriod; timeZone: string },
): WindowBounds {
  switch (period) {
    case 'SECOND':
      return fixed(epochMs, 1000)
    case 'MINUTE':
      return fixed(epochMs, 60_000)
    case 'HOUR':
      return fixed(epochMs, 3_600_000)
    case 'TOTAL':
      return { startsAt: 0, endsAt: null }
    case 'DAY':
    case 'WEEK':
    case 'MONTH':
      return calendar(epochMs, { period, timeZone })
  }
}

function fixed(epochMs: number, length: number): WindowBounds {
  const startsAt = Math.floor(epochMs / length) * length
  return { startsAt, endsAt: startsAt + length }
}

function calendar(
  epochMs: number,
  { period, timeZone }: { period: 'DAY' | 'WEEK' | 'MONTH'; timeZone: string },
): WindowBounds {
  const date = Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs))
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
  const first =
    period === 'MONTH'
      ? date.with({ day: 1 })
      : period === 'WEEK'
        ? date.subtract({ days: date.dayOfWeek - 1 })
        : date
  const length = period === 'MONTH' ? { months: 1 } : { days: period === 'WEEK' ? 7 : 1 }
  // The first instant of a date, also where midnight does not exist.
  const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime(timeZone).epochMilliseconds
  return { startsAt: startOf(first), endsAt: startOf(first.add(length)) }
}
