import type { Allowance } from './allowance.ts'
import { windowAt } from './allowance-window.ts'

/** What was spent in one period that has ended. Instants are epoch ms, money is ticks. */
export interface BudgetPeriodRecord {
  readonly from: number
  readonly to: number
  readonly spent: bigint
  /** That was in force at its end. */
  readonly limit: bigint
}

/**
 * The last periods before the current one, oldest first. Where no call came in a period there is no row of it: it is
 * filled in, so that a chart has no holes. Nothing is before the budget was created, and a TOTAL has no past.
 *
 * @param rows Of periods that have ended, newest first; at least as many as are asked for, if there are.
 */
export function budgetHistory(
  rows: readonly BudgetPeriodRecord[],
  {
    budget,
    createdAt,
    currentFrom,
    last,
  }: {
    budget: Pick<Allowance, 'period' | 'timeZone' | 'limit'>
    createdAt: number
    /** When the current period began. */
    currentFrom: number
    last: number
  },
): readonly BudgetPeriodRecord[] {
  if (budget.period === 'TOTAL') return []
  const records: BudgetPeriodRecord[] = []
  const known = rows.values()
  let row = known.next().value
  let to = currentFrom
  while (records.length < last && to > createdAt) {
    while (row && row.to > to) row = known.next().value
    if (row?.to === to) records.push(row)
    else {
      const from = Math.max(windowAt(to - 1, budget).startsAt, row?.to ?? 0)
      records.push({ from, to, spent: 0n, limit: records.at(-1)?.limit ?? budget.limit })
    }
    to = records.at(-1)?.from ?? 0
  }
  return records.toReversed()
}
