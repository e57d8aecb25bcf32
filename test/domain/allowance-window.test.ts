import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AllowancePeriod } from '#domain/allowance.ts'
import { windowAt } from '#domain/allowance-window.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const text = (epochMs: number) => Temporal.Instant.fromEpochMilliseconds(epochMs).toString()
const hour = 3_600_000

describe('windowAt', () => {
  it.each<[string, string, string, string, number]>([
    ['an ordinary day', 'Europe/Berlin', '2026-11-23T12:00:00Z', '2026-11-22T23:00:00Z', 24],
    [
      'the day on which clocks go forward',
      'Europe/Berlin',
      '2026-03-29T12:00:00Z',
      '2026-03-28T23:00:00Z',
      23,
    ],
    [
      'the day on which clocks go back',
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      '2026-10-24T22:00:00Z',
      25,
    ],
    ['its last instant', 'Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-24T22:00:00Z', 25],
    [
      'a day that begins at one, since midnight does not exist',
      'America/Sao_Paulo',
      '2018-11-04T12:00:00Z',
      '2018-11-04T03:00:00Z',
      23,
    ],
    [
      'a day whose last hour comes twice',
      'America/Sao_Paulo',
      '2018-02-18T02:30:00Z',
      '2018-02-17T02:00:00Z',
      25,
    ],
    [
      'a day that begins at one',
      'Africa/Cairo',
      '2026-04-24T12:00:00Z',
      '2026-04-23T22:00:00Z',
      23,
    ],
    ['a day of half hours', 'Asia/Kolkata', '2026-11-23T18:29:59Z', '2026-11-22T18:30:00Z', 24],
    [
      'the day before one that was left out',
      'Pacific/Apia',
      '2011-12-30T09:59:59Z',
      '2011-12-29T10:00:00Z',
      24,
    ],
    [
      'the day after one that was left out',
      'Pacific/Apia',
      '2011-12-30T10:00:00Z',
      '2011-12-30T10:00:00Z',
      24,
    ],
    [
      'a day moved by half an hour',
      'Australia/Lord_Howe',
      '2026-04-04T20:00:00Z',
      '2026-04-04T13:00:00Z',
      24.5,
    ],
  ])('finds %s in %s', (_name, timeZone, instant, startsAt, hours) => {
    const window = windowAt(at(instant), { period: 'DAY', timeZone })
    expect(text(window.startsAt)).toBe(text(at(startsAt)))
    expect((window.endsAt! - window.startsAt) / hour).toBe(hours)
  })

  it.each<[AllowancePeriod, string, string, string, string]>([
    [
      'SECOND',
      'Asia/Kolkata',
      '2026-11-23T12:34:56.789Z',
      '2026-11-23T12:34:56Z',
      '2026-11-23T12:34:57Z',
    ],
    [
      'MINUTE',
      'Asia/Kolkata',
      '2026-11-23T12:34:56Z',
      '2026-11-23T12:34:00Z',
      '2026-11-23T12:35:00Z',
    ],
    [
      'HOUR',
      'Asia/Kolkata',
      '2026-11-23T12:34:56Z',
      '2026-11-23T12:00:00Z',
      '2026-11-23T13:00:00Z',
    ],
    ['WEEK', 'UTC', '2026-11-23T00:00:00Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['WEEK', 'UTC', '2026-11-22T23:59:59Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    [
      'WEEK',
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      '2026-10-18T22:00:00Z',
      '2026-10-25T23:00:00Z',
    ],
    ['MONTH', 'UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    [
      'MONTH',
      'Europe/Berlin',
      '2026-12-31T23:30:00Z',
      '2026-12-31T23:00:00Z',
      '2027-01-31T23:00:00Z',
    ],
    [
      'MONTH',
      'Europe/Berlin',
      '2026-03-15T12:00:00Z',
      '2026-02-28T23:00:00Z',
      '2026-03-31T22:00:00Z',
    ],
    [
      'MONTH',
      'Pacific/Apia',
      '2011-12-15T00:00:00Z',
      '2011-12-01T10:00:00Z',
      '2011-12-31T10:00:00Z',
    ],
  ])('finds the %s in %s that holds %s', (period, timeZone, instant, startsAt, endsAt) => {
    const window = windowAt(at(instant), { period, timeZone })
    expect([text(window.startsAt), text(window.endsAt!)]).toEqual([
      text(at(startsAt)),
      text(at(endsAt)),
    ])
  })

  it('never ends a TOTAL', () => {
    expect(windowAt(at('2026-11-23T12:00:00Z'), { period: 'TOTAL', timeZone: 'UTC' })).toEqual({
      startsAt: 0,
      endsAt: null,
    })
  })

  it('refuses a zone that nobody knows', () => {
    expect(() => windowAt(0, { period: 'DAY', timeZone: 'Mars/Olympus' })).toThrow(RangeError)
  })

  it('tiles time: each window holds its instants, begins in itself, and ends where the next one begins', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.constantFrom<AllowancePeriod>('SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH'),
        fc.integer({ min: at('2012-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }),
        (timeZone, period, epochMs) => {
          const rule = { period, timeZone }
          const window = windowAt(epochMs, rule)
          const { startsAt, endsAt } = window
          expect(startsAt).toBeLessThanOrEqual(epochMs)
          expect(endsAt).toBeGreaterThan(epochMs)
          expect(windowAt(startsAt, rule)).toEqual(window)
          expect(windowAt(endsAt! - 1, rule)).toEqual(window)
          expect(windowAt(endsAt!, rule).startsAt).toBe(endsAt)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
