import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Viewer } from '#domain/access.ts'
import { unpricedAlert } from '#domain/alert.ts'
import { unpriced } from '#domain/price.ts'
import type { PrismaClient } from '#generated/prisma/client.ts'
import { raiseAlert } from '#store/alerts.ts'
import { openConnection } from '#store/connection.ts'
import { createPrisma } from '#store/prisma.ts'
import { recalculate } from '#store/recalculation.ts'
import { createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf } from '#test/support/request-record.ts'
import { callAt, openRecords, sql, testEpochMs } from '#test/support/store.ts'
import { createTenantRow, viewerOf } from '#test/support/tenants.ts'

let database: TestDatabase
let prisma: PrismaClient

beforeAll(async () => {
  database = await createDatabase()
  prisma = createPrisma(database.url)
})
afterAll(async () => {
  await prisma.$disconnect()
  await database.drop()
})

const filter = { time: { from: testEpochMs - 1000, to: testEpochMs + 1000 }, simulated: false }
const price = { version: 'v', effectiveFrom: '2026-01-01T00:00:00Z', input: 1_000_000n, output: 0n }

const run = (viewer: Viewer, dryRun = false) =>
  recalculate(
    { filter, onlyUnpriced: true, dryRun },
    { databaseUrl: database.url, prisma, by: { viewer, ip: null }, priceOf: () => price },
  )

/** A tenant with a call without a price, and the alert about it. */
async function tenantWithDebt(): Promise<string> {
  const tenantId = await createTenantRow(database.url)
  const { records } = await openRecords(database.url)
  await records.end(
    callAt(testEpochMs, { tenantId, cost: unpriced, attempts: [attemptOf({ cost: unpriced })] }),
  )
  const connection = openConnection(database.url)
  await raiseAlert(connection, [unpricedAlert(tenantId, 'openai:gpt-test')])
  await connection.close()
  return tenantId
}

const openAlerts = (tenantId: string) =>
  sql(database.url, 'select kind from alert where tenant_id = $1 and resolved_at is null', [
    tenantId,
  ])
const changes = (tenantId: string) =>
  sql(database.url, 'select action, before, after from audit_event where tenant_id = $1', [
    tenantId,
  ])

describe('costs', () => {
  it('that were recalculated are no longer alerted, and it is written down who did it', async () => {
    const tenantId = await tenantWithDebt()
    expect(await run(viewerOf('OPERATOR', { tenantId }))).toMatchObject({
      affected: 1n,
      after: 10n,
    })
    expect(await openAlerts(tenantId)).toEqual([])
    expect(await changes(tenantId)).toEqual([
      {
        action: 'recalculateCosts',
        before: { cost: '0' },
        after: { cost: '0.000000001', requests: '1', onlyUnpriced: true },
      },
    ])
  })

  it('of a dry run change nothing', async () => {
    const tenantId = await tenantWithDebt()
    expect(await run(viewerOf('OPERATOR', { tenantId }), true)).toMatchObject({ affected: 1n })
    expect(await openAlerts(tenantId)).toHaveLength(1)
    expect(await changes(tenantId)).toEqual([])
  })

  it.each<[string, Partial<Viewer>]>([
    ['CALLER', {}],
    ['BUDGET_MANAGER', {}],
    ['OPERATOR', { projectId: '00000000-0000-7000-8000-00000000000c' }],
  ])('are not recalculated by a %s %o', async (role, over) => {
    const tenantId = await tenantWithDebt()
    const viewer = { ...viewerOf(role as 'CALLER', { tenantId }), ...over }
    await expect(run(viewer)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

it('a threshold that a new price crosses is told', async () => {
  const tenantId = await tenantWithDebt()
  const { id } = await createAllowance(database.url, { tenantId, limit: 20n, thresholds: [0.5] })
  await sql(
    database.url,
    `with w as (insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ceiling)
       values ($1, $2, 'TICKS', now() - interval '1 day', 20) returning id),
     a as (update attempt set window_ids = array[w.id], held = '{0}', used = '{0}' from w where tenant_id = $2)
     insert into ledger (tenant_id, request_id, attempt_index, kind, estimated, simulated, window_ids, amounts, held)
     select r.tenant_id, r.id, 0, 'CHARGE', false, false, array[w.id], '{0}', '{0}' from request r, w where r.tenant_id = $2`,
    [id, tenantId],
  )
  const told: unknown[] = []
  await recalculate(
    { filter, onlyUnpriced: true, dryRun: false },
    {
      databaseUrl: database.url,
      prisma,
      by: { viewer: viewerOf('OPERATOR', { tenantId }), ip: null },
      priceOf: () => price,
      watcher: {
        crossed: async (_connection, windows) => void told.push(windows),
        changed: (windows) => void told.push(windows.map(({ spent }) => spent)),
      },
    },
  )
  expect(told).toEqual([[expect.objectContaining({ allowanceId: id, crossed: 0.5 })], [10n]])
})
