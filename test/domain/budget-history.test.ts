import { describe, expect, it } from 'vitest'
import { type BudgetPeriodRecord, budgetHistory } from '#domain/budget-history.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const day = (date: string) => at(`${date}T00:00:00Z`)

const record = (from: string, to: string, spent: bigint, limit = 100n): BudgetPeriodRecord => ({
  from: day(from),
  to: day(to),
  spent,
  limit,
})

const daily = { period: 'DAY', timeZone: 'UTC', limit: 100n } as const
const asked = {
  budget: daily,
  createdAt: day('2026-11-01'),
  currentFrom: day('2026-11-23'),
  last: 3,
}

describe('the history of a budget', () => {
  it('is the last periods that have ended, oldest first', () => {
    const rows = [
      record('2026-11-22', '2026-11-23', 3n),
      record('2026-11-21', '2026-11-22', 2n),
      record('2026-11-20', '2026-11-21', 1n),
      record('2026-11-19', '2026-11-20', 0n),
    ]
    expect(budgetHistory(rows, asked)).toEqual(rows.slice(0, 3).toReversed())
  })

  it('fills in the periods in which nobody called, with the limit of the one after', () => {
    const rows = [
      record('2026-11-22', '2026-11-23', 3n, 50n),
      record('2026-11-19', '2026-11-20', 1n, 70n),
    ]
    expect(budgetHistory(rows, { ...asked, last: 5 })).toEqual([
      record('2026-11-18', '2026-11-19', 0n, 70n),
      record('2026-11-19', '2026-11-20', 1n, 70n),
      record('2026-11-20', '2026-11-21', 0n, 50n),
      record('2026-11-21', '2026-11-22', 0n, 50n),
      record('2026-11-22', '2026-11-23', 3n, 50n),
    ])
  })

  it('begins with the period in which the budget was created', () => {
    const createdAt = at('2026-11-21T12:00:00Z')
    expect(budgetHistory([], { ...asked, createdAt })).toEqual([
      record('2026-11-21', '2026-11-22', 0n),
      record('2026-11-22', '2026-11-23', 0n),
    ])
    expect(budgetHistory([], { ...asked, createdAt: asked.currentFrom })).toEqual([])
  })

  it('has no hole and no overlap where the zone was changed', () => {
    const last: BudgetPeriodRecord = {
      from: at('2026-11-20T23:00:00Z'),
      to: at('2026-11-21T23:00:00Z'),
      spent: 5n,
      limit: 100n,
    }
    const records = budgetHistory([last], { ...asked, last: 3 })
    expect(records.map(({ from, to }) => [from, to])).toEqual([
      [last.from, last.to],
      [last.to, day('2026-11-22')],
      [day('2026-11-22'), day('2026-11-23')],
    ])
  })

  it('leaves out what overlaps the current period', () => {
    const rows = [record('2026-11-22', '2026-11-24', 9n)]
    expect(budgetHistory(rows, { ...asked, last: 1 })).toEqual([
      record('2026-11-22', '2026-11-23', 0n),
    ])
  })

  it('of a TOTAL is empty', () => {
    const budget = { ...daily, period: 'TOTAL' } as const
    expect(budgetHistory([], { ...asked, budget })).toEqual([])
  })
})
