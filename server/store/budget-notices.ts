import { type BudgetNotice, budgetMessages } from '#domain/budget-notice.ts'
import { busChannel, busMessage } from '#domain/bus-topic.ts'
import type { Connection } from './connection.ts'

/** Tells all replicas, this one included, which budgets have changed. Notices of quotas are left out. */
export async function tellBudgets(
  connection: Pick<Connection, 'query'>,
  notices: readonly BudgetNotice[],
): Promise<void> {
  const budgets = await connection.query<{ id: string }>({
    text: `select id::text from allowance where kind = 'BUDGET' and id = any($1::uuid[])`,
    values: [notices.map(({ allowanceId }) => allowanceId)],
  })
  const ids = new Set(budgets.map(({ id }) => id))
  const messages = budgetMessages(notices.filter(({ allowanceId }) => ids.has(allowanceId)))
  if (messages.length === 0) return
  await connection.query({
    text: 'select pg_notify($1, message)::text from unnest($2::text[]) as message',
    values: [busChannel, messages.map((payload) => busMessage('budget', payload))],
  })
}
