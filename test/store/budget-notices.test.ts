import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultTenantId as tenantId } from '#domain/access.ts'
import { readBudgetMessage } from '#domain/budget-notice.ts'
import { busChannel, parseBusMessage } from '#domain/bus-topic.ts'
import { tellBudgets } from '#store/budget-notices.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'

let database: TestDatabase
let connection: Connection
beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
afterAll(async () => {
  await connection.close()
  await database.drop()
})

it('tells of budgets, and leaves quotas out', async () => {
  const listener = new pg.Client({ connectionString: database.url })
  await listener.connect()
  await listener.query(`listen ${busChannel}`)
  const heard = new Promise<string>((resolve) =>
    listener.on('notification', ({ payload }) => resolve(payload ?? '')),
  )
  const budget = await createAllowance(database.url)
  const quota = await createAllowance(database.url, { kind: 'QUOTA', unit: 'TOKENS' })
  const notice = { tenantId, allowanceId: budget.id, crossed: 0.5 }
  await tellBudgets(connection, [{ tenantId, allowanceId: quota.id, crossed: null }, notice])
  const { topic, payload } = parseBusMessage(await heard)!
  expect(topic).toBe('budget')
  expect(readBudgetMessage(payload)).toEqual([notice])
  await listener.end()
})
