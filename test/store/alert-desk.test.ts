import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import type { AlertSighting } from '#domain/alert-sighting.ts'
import type { Allowance } from '#domain/allowance.ts'
import { recordSightings, rejectedProviders } from '#store/alert-desk.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'
import { createTenantRow } from '#test/support/tenants.ts'

let database: TestDatabase
let connection: Connection

beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
beforeEach(() => sql(database.url, 'delete from alert'))
afterAll(async () => {
  await connection.close()
  await database.drop()
})

const open = () =>
  sql(
    database.url,
    'select tenant_id as "tenantId", kind, count from alert where resolved_at is null order by tenant_id, kind',
  )

/** Makes the current window of an allowance, with so much spent. @returns Its id. */
async function spend({ id, tenantId, unit, limit }: Allowance, spent: bigint): Promise<string> {
  const [row] = await sql<{ id: string }>(
    database.url,
    `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, spent, ceiling)
     values ($1, $2, $3, now() - interval '1 minute', now() + interval '1 day', $4, $5) returning id::text`,
    [id, tenantId, unit, String(spent), String(limit)],
  )
  return row!.id
}

describe('a credential that is refused', () => {
  const refused = (tenantId: string): AlertSighting => ({
    kind: 'CREDENTIAL',
    providerName: 'openai',
    code: 'PROVIDER_AUTH',
    refused: new Map([[tenantId, 3]]),
  })

  it('is told to those whose calls it refused, and to those who run the installation', async () => {
    const tenantId = await createTenantRow(database.url)
    await recordSightings(connection, [refused(tenantId)])
    expect(await open()).toEqual(
      expect.arrayContaining([
        { tenantId, kind: 'CREDENTIAL_REJECTED', count: 3 },
        { tenantId: defaultTenantId, kind: 'CREDENTIAL_REJECTED', count: 3 },
      ]),
    )
    expect(await rejectedProviders(connection)).toEqual(['openai'])
  })

  it('is resolved for all by the next success', async () => {
    await recordSightings(connection, [refused(await createTenantRow(database.url))])
    const taken = { kind: 'CREDENTIAL', providerName: 'openai', code: null } as const
    await recordSightings(connection, [{ ...taken, refused: new Map() }])
    expect(await open()).toEqual([])
    expect(await rejectedProviders(connection)).toEqual([])
  })
})

describe('a refusal', () => {
  it.each([
    ['that is used up', 96n, 1],
    ['that has room for smaller calls', 60n, 0],
  ])('by a budget %s', async (_, spent, alerts) => {
    const budget = await createAllowance(database.url, { limit: 100n })
    await spend(budget, spent)
    await recordSightings(connection, [{ kind: 'REFUSAL', allowanceId: budget.id, count: 2 }])
    const kind = 'BUDGET_EXHAUSTED'
    expect(await open()).toEqual(
      Array.from({ length: alerts }, () => ({ tenantId: defaultTenantId, kind, count: 2 })),
    )
  })

  it('by a quota names the quota', async () => {
    const over = { kind: 'QUOTA', unit: 'REQUESTS', limit: 5n, period: 'DAY' } as const
    const quota = await createAllowance(database.url, over)
    await spend(quota, 5n)
    await recordSightings(connection, [{ kind: 'REFUSAL', allowanceId: quota.id, count: 1 }])
    expect(await open()).toMatchObject([{ kind: 'QUOTA_EXHAUSTED' }])
  })
})

describe('a call above its hold', () => {
  it.each([
    ['BLOCK', ['BUDGET_THRESHOLD']],
    ['NOTIFY', []],
  ] as const)('under a budget that says %s', async (action, kinds) => {
    const windowId = await spend(await createAllowance(database.url, { action }), 5n)
    const overage = { kind: 'OVERAGE', windowId, model: 'openai:m', above: 7n, count: 1 } as const
    await recordSightings(connection, [overage])
    expect((await open()).map(({ kind }) => kind)).toEqual(kinds)
  })
})
