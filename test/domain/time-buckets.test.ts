import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { automaticSize, type BucketSize, bucketsOf, previousBuckets } from '#domain/time-buckets.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const hour = 3_600_000
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
] as const
const sizes: readonly BucketSize[] = [
  'FIVE_MINUTES',
  'FIFTEEN_MINUTES',
  'HOUR',
  'DAY',
  'WEEK',
  'MONTH',
  'NONE',
]

describe('bucketsOf', () => {
  it('covers every range without a gap, in any zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...sizes),
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: 1, max: 6 * 24 * hour }),
        (timeZone, size, from, length) => {
          const range = { from, to: from + length }
          const { starts, end } = bucketsOf(range, { size, timeZone })
          expect(starts[0]).toBeLessThanOrEqual(range.from)
          expect(starts.at(-1)).toBeLessThan(range.to)
          expect(end).toBeGreaterThanOrEqual(range.to)
          expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b))
        },
      ),
    )
  })

  it.each([
    ['Europe/Berlin', '2026-10-24T22:00:00Z', 25],
    ['Europe/Berlin', '2026-03-28T23:00:00Z', 23],
    ['America/Sao_Paulo', '2026-10-24T03:00:00Z', 24],
  ])('gives the day of %s that begins at %s %i hours', (timeZone, start, hours) => {
    const from = at(start)
    const { starts, end } = bucketsOf({ from, to: from + hour }, { size: 'DAY', timeZone })
    expect(starts).toEqual([from])
    expect((end - from) / hour).toBe(hours)
    expect(bucketsOf({ from, to: end }, { size: 'HOUR', timeZone }).starts).toHaveLength(hours)
  })

  it('refuses more than 2,000 buckets, and zones that nobody knows', () => {
    const range = { from: 0, to: 2001 * 60_000 }
    expect(() => bucketsOf(range, { size: 'MINUTE', timeZone: 'UTC' })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    )
    expect(() => bucketsOf(range, { size: 'DAY', timeZone: 'Mars/Olympus' })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    )
  })
})

describe('previousBuckets', () => {
  it('goes back by the calendar: half of a day of 25 hours is compared with the same hours of the day before', () => {
    const range = { from: at('2026-10-24T22:00:00Z'), to: at('2026-10-25T11:00:00Z') }
    const buckets = bucketsOf(range, { size: 'DAY', timeZone: 'Europe/Berlin' })
    const before = previousBuckets(buckets, { range, timeZone: 'Europe/Berlin' })
    expect(before.buckets.starts).toEqual([at('2026-10-23T22:00:00Z')])
    expect(before.range).toEqual({
      from: at('2026-10-23T22:00:00Z'),
      to: at('2026-10-24T10:00:00Z'),
    })
  })

  it('of one bucket is the time of the same length before', () => {
    const range = { from: 1000, to: 1500 }
    const before = previousBuckets(bucketsOf(range, { size: 'NONE', timeZone: 'UTC' }), {
      range,
      timeZone: 'UTC',
    })
    expect(before.range).toEqual({ from: 500, to: 1000 })
  })
})

describe('automaticSize', () => {
  it.each<[number, BucketSize]>([
    [1, 'MINUTE'],
    [6, 'FIVE_MINUTES'],
    [24, 'FIFTEEN_MINUTES'],
    [25, 'FIFTEEN_MINUTES'],
    [7 * 24, 'HOUR'],
    [30 * 24, 'DAY'],
    [365 * 24, 'WEEK'],
    [5 * 365 * 24, 'MONTH'],
  ])('for %i hours is %s', (hours, size) => {
    expect(automaticSize({ from: 0, to: hours * hour })).toBe(size)
  })
})
