import { describe, expect, it } from 'vitest'
import { forecastBudget } from '#domain/budget-forecast.ts'
import type { BudgetPeriodRecord } from '#domain/budget-history.ts'

const hour = 3_600_000
const day = 24 * hour
/** A month of 30 days, from 0. */
const month = { startsAt: 0, endsAt: 30 * day, limit: 3000n, past: [] }

const pastMonth = (spent: bigint): BudgetPeriodRecord => ({
  from: -30 * day,
  to: 0,
  spent,
  limit: 3000n,
})

describe('the forecast of a budget', () => {
  it.each([
    ['halfway, at half the limit', 15 * day, 1500n, 3000n, null],
    ['halfway, at a quarter', 15 * day, 750n, 1500n, null],
    ['halfway, at more than half', 15 * day, 2000n, 4000n, 22.5 * day],
    ['on the last day, nearly out', 29 * day, 2990n, 3093n, 29 * day + (10 / 2990) * 29 * day],
    ['when nothing was spent', 15 * day, 0n, 0n, null],
    ['when all was spent', 15 * day, 3000n, 6000n, 15 * day],
    ['when more than all was spent', 15 * day, 3300n, 6600n, 15 * day],
  ])('%s continues its rate', (_name, now, spent, projectedSpend, exhaustsAt) => {
    const forecast = forecastBudget({ ...month, now, spent })
    const minutes = (at: number | null | undefined) => at && Math.round(at / 60_000)
    expect(forecast?.projectedSpend).toBe(projectedSpend)
    expect(minutes(forecast?.exhaustsAt)).toBe(minutes(exhaustsAt))
  })

  it('says nothing of a first period that has hardly begun', () => {
    expect(forecastBudget({ ...month, now: hour, spent: 100n })).toBeNull()
    expect(forecastBudget({ ...month, now: 15 * hour, spent: 100n })).not.toBeNull()
  })

  it('rests on the last periods while its own has hardly begun', () => {
    const forecast = forecastBudget({ ...month, now: 0, spent: 0n, past: [pastMonth(600n)] })
    expect(forecast).toEqual({ projectedSpend: 600n, exhaustsAt: null })
  })

  it('is not thrown by a dear first call', () => {
    const past = [pastMonth(600n)]
    const forecast = forecastBudget({ ...month, now: hour, spent: 100n, past })
    expect(Number(forecast?.projectedSpend)).toBeGreaterThan(600)
    expect(Number(forecast?.projectedSpend)).toBeLessThan(1800)
  })

  it('forgets the last periods as its own goes on', () => {
    const past = [pastMonth(60n)]
    const projected = [3, 10, 20, 29].map(
      (days) =>
        forecastBudget({ ...month, now: days * day, spent: BigInt(days * 100), past })
          ?.projectedSpend,
    )
    expect(projected).toEqual([1677n, 2548n, 2872n, 2991n])
  })

  it('weighs past periods by their length', () => {
    const past = [pastMonth(600n), { from: -31 * day, to: -30 * day, spent: 20n, limit: 3000n }]
    expect(forecastBudget({ ...month, now: 0, spent: 0n, past })?.projectedSpend).toBe(600n)
  })

  it('of a TOTAL says when it runs out at the rate since it was created', () => {
    const total = { ...month, endsAt: null }
    expect(forecastBudget({ ...total, now: 10 * day, spent: 1000n })).toEqual({
      projectedSpend: 3000n,
      exhaustsAt: 30 * day,
    })
    expect(forecastBudget({ ...total, now: 10 * day, spent: 0n })).toEqual({
      projectedSpend: 0n,
      exhaustsAt: null,
    })
    expect(forecastBudget({ ...total, now: hour / 2, spent: 10n })).toBeNull()
  })

  it('has no date that no calendar has', () => {
    const forecast = forecastBudget({
      ...month,
      endsAt: null,
      limit: 2n ** 63n - 1n,
      now: 10 * day,
      spent: 1n,
    })
    expect(forecast?.exhaustsAt).toBeNull()
  })
})
