import { describe, expect, it } from 'vitest'
import { checkedRange, relativeRange } from '#domain/time-range.ts'

/** A Sunday, half a year before the clocks of Berlin change back. */
const now = Temporal.ZonedDateTime.from('2026-11-22T15:30:45.500+01:00[Europe/Berlin]')

const range = (from: string, to: string) => {
  const { from: start, to: end } = relativeRange({ from, to }, now)
  return [start, end].map((epochMs) =>
    Temporal.Instant.fromEpochMilliseconds(epochMs)
      .toZonedDateTimeISO('Europe/Berlin')
      .toPlainDateTime()
      .toString(),
  )
}

describe('relativeRange', () => {
  it.each([
    ['now-24h', 'now', '2026-11-21T15:30:45.5', '2026-11-22T15:30:45.5'],
    ['now/d', 'now/d', '2026-11-22T00:00:00', '2026-11-23T00:00:00'],
    ['now-1d/d', 'now-1d/d', '2026-11-21T00:00:00', '2026-11-22T00:00:00'],
    ['now/w', 'now/w', '2026-11-16T00:00:00', '2026-11-23T00:00:00'],
    ['now-1M/M', 'now/M', '2026-10-01T00:00:00', '2026-12-01T00:00:00'],
    ['now/Q', 'now/y', '2026-10-01T00:00:00', '2027-01-01T00:00:00'],
    ['now-1Q', 'now+30s', '2026-08-22T15:30:45.5', '2026-11-22T15:31:15.5'],
    ['now-1d/d+6h', 'now/h', '2026-11-21T06:00:00', '2026-11-22T16:00:00'],
    [' now-5m/m ', 'now/s', '2026-11-22T15:25:00', '2026-11-22T15:30:46'],
  ])('reads %s to %s', (from, to, start, end) => {
    expect(range(from, to)).toEqual([start, end])
  })

  it('goes back by days of the calendar, not by 24 hours, over a change of clocks', () => {
    const after = Temporal.ZonedDateTime.from('2026-10-25T12:00:00+01:00[Europe/Berlin]')
    const { from, to } = relativeRange({ from: 'now-1d', to: 'now' }, after)
    expect((to - from) / 3_600_000).toBe(25)
  })

  it.each([
    ['yesterday', 'now', 'from'],
    ['now', 'now-24', 'to'],
    ['now-1h; drop table', 'now', 'from'],
    ['now-999999y', 'now', 'from'],
    ['now/x', 'now', 'from'],
    ['', 'now', 'from'],
    ['now', 'now', 'to'],
    ['now', 'now-1h', 'to'],
  ])('refuses %j to %j, and names the bound', (from, to, bound) => {
    expect(() => relativeRange({ from, to }, now)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: expect.objectContaining({
          issues: [expect.objectContaining({ path: ['time', bound] })],
        }),
      }),
    )
  })
})

describe('checkedRange', () => {
  it.each([
    { from: -1, to: 5 },
    { from: 5, to: 1e15 },
    { from: Number.NaN, to: 5 },
  ])('refuses %j', (given) => {
    expect(() => checkedRange(given)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })
})
