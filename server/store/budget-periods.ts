import type { PrismaClient } from '#generated/prisma/client.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import { type BudgetPeriodRecord, budgetHistory } from '#domain/budget-history.ts'
import { GatewayError } from '#domain/errors.ts'

/** As many periods as are looked back at. */
const mostPeriods = 100

interface Row extends BudgetPeriodRecord {
  readonly id: string
}

/**
 * The last periods of several budgets that have ended, by the order of the budgets. One statement.
 *
 * @param last How many, 1 to 100.
 * @throws {GatewayError} INVALID_REQUEST for other numbers.
 */
export async function budgetHistories(
  prisma: PrismaClient,
  { budgets, last }: { budgets: readonly AllowanceState[]; last: number },
): Promise<readonly (readonly BudgetPeriodRecord[])[]> {
  if (last < 1 || last > mostPeriods) {
    const message = `must be from 1 to ${mostPeriods}`
    throw new GatewayError('INVALID_REQUEST', `\`last\` ${message}.`, {
      issues: [{ path: ['last'], message }],
    })
  }
  const ids = budgets.map(({ allowance }) => allowance.id)
  const rows = await prisma.$queryRaw<Row[]>`
    select a.id, extract(epoch from w.starts_at)::float8 * 1000 as "from",
      extract(epoch from w.ends_at)::float8 * 1000 as "to", w.spent, coalesce(w.amount, a.amount) as "limit"
    from allowance a cross join lateral (
      select * from allowance_window where allowance_id = a.id and ends_at <= now() order by starts_at desc limit ${last}
    ) w where a.id = any(${ids}::uuid[]) order by w.starts_at desc`
  const byBudget = Map.groupBy(rows, ({ id }) => id)
  return budgets.map(({ allowance, createdAt, window }) => {
    const records = (byBudget.get(allowance.id) ?? []).map(({ id: _id, ...record }) => record)
    const currentFrom = window.startsAt
    return budgetHistory(records, { budget: allowance, createdAt, currentFrom, last })
  })
}
