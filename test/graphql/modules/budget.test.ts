import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import type { Allowance } from '#domain/allowance.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { createAllowance } from '../../support/allowances.ts'
import { openDesk } from '../../support/allowance-desk.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'
import { sql } from '../../support/store.ts'
import { createKeyRow, createTenantRow, operator, viewerOf } from '../../support/tenants.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})

afterAll(() => database.drop())

const row = `fragment Row on Budget {
  id name scope { kind value label } limit period timeZone action alertThresholds
  spent reserved remaining overage utilisation periodStart resetsAt paused version
}`

const node = `query Node($id: ID!) { node(id: $id) { ... on Budget { ...Row
  forecast { projectedSpend exhaustsAt } history(last: 2) { from to spent limit } } } } ${row}`

const list = `query List($first: Int, $after: String, $scope: ScopeInput) {
  budgets(first: $first, after: $after, scope: $scope) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { ...Row } }
  } } ${row}`

interface Found {
  readonly node: {
    readonly periodStart: string
    readonly forecast: { readonly projectedSpend: string } | null
  } | null
}

interface Listed {
  readonly budgets: {
    readonly totalCount: number
    readonly pageInfo: { readonly endCursor: string | null }
    readonly edges: readonly { readonly node: { readonly id: string } }[]
  }
}

const globalId = ({ id }: Allowance) => encodeGlobalId('Budget', id)

/** A window of some days before today, in UTC. */
async function spend(
  { id, tenantId }: Allowance,
  { daysAgo = 0, spent = 0n, held = 0n, amount = null as bigint | null },
): Promise<void> {
  await sql(
    database.url,
    `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, spent, held, ceiling, amount)
     select $1, $2, 'TICKS', at, at + interval '1 day', $4, $5, $4::bigint + $5::bigint, $6
     from (select date_trunc('day', now(), 'UTC') - $3::int * interval '1 day' as at) as t`,
    [id, tenantId, daysAgo, String(spent), String(held), amount === null ? null : String(amount)],
  )
}

const createdDaysAgo = ({ id }: Allowance, days: number) =>
  sql(
    database.url,
    `update allowance set created_at = now() - $2::int * interval '1 day' where id = $1`,
    [id, days],
  )

const today = Temporal.Now.zonedDateTimeISO('UTC').startOfDay()
const text = (date: Temporal.ZonedDateTime) => new Date(date.epochMilliseconds).toISOString()

describe('a budget', () => {
  it('that nobody has used in this period stands at zero', async () => {
    const ask = await openDesk(database.url, viewerOf('VIEWER'))
    const budget = await createAllowance(database.url, {
      name: 'Team',
      limit: 25_000_000_000n,
      period: 'DAY',
      thresholds: [0.5, 1],
    })
    const found = await ask<Found>(node, { id: globalId(budget) })
    expect(found.node).toEqual({
      id: globalId(budget),
      name: 'Team',
      scope: {
        kind: 'TENANT',
        value: encodeGlobalId('Tenant', defaultTenantId),
        label: 'Default',
      },
      limit: '2.5',
      period: 'DAILY',
      timeZone: 'UTC',
      action: 'BLOCK',
      alertThresholds: [0.5, 1],
      spent: '0',
      reserved: '0',
      remaining: '2.5',
      overage: '0',
      utilisation: 0,
      periodStart: text(today),
      resetsAt: text(today.add({ days: 1 })),
      paused: false,
      version: 1,
      forecast: null,
      history: [],
    })
  })

  it('shows what is spent and held of this period, and what was of others', async () => {
    const ask = await openDesk(database.url, viewerOf('VIEWER'))
    const budget = await createAllowance(database.url, { period: 'DAY', limit: 100n * 10n ** 10n })
    await createdDaysAgo(budget, 10)
    await spend(budget, { spent: 40n * 10n ** 10n, held: 10n * 10n ** 10n })
    await spend(budget, { daysAgo: 1, spent: 70n * 10n ** 10n, amount: 80n * 10n ** 10n })
    const { node: found } = await ask<Found>(node, { id: globalId(budget) })
    expect(found).toMatchObject({
      spent: '40',
      reserved: '10',
      remaining: '50',
      utilisation: 0.4,
      history: [
        { to: text(today.subtract({ days: 1 })), spent: '0', limit: '80' },
        { from: text(today.subtract({ days: 1 })), to: text(today), spent: '70', limit: '80' },
      ],
    })
    expect(Number(found?.forecast?.projectedSpend)).toBeGreaterThanOrEqual(40)
  })

  it('of all time begins when it was made, and has no past', async () => {
    const ask = await openDesk(database.url, viewerOf('VIEWER'))
    const budget = await createAllowance(database.url, { period: 'TOTAL' })
    await createdDaysAgo(budget, 10)
    const { node: found } = await ask<Found>(node, { id: globalId(budget) })
    const [made] = await sql<{ at: Date }>(
      database.url,
      'select created_at as at from allowance where id = $1',
      [budget.id],
    )
    expect(found).toMatchObject({ period: 'TOTAL', resetsAt: null, history: [] })
    expect(found?.periodStart).toBe(made?.at.toISOString())
    expect(found?.forecast).toEqual({ projectedSpend: '0', exhaustsAt: null })
  })

  it.each([0, 101])('has no history of %i periods', async (last) => {
    const ask = await openDesk(database.url, viewerOf('VIEWER'))
    const budget = await createAllowance(database.url)
    const query = `query Node($id: ID!) { node(id: $id) { ... on Budget { history(last: ${last}) { spent } } } }`
    await expect(ask(query, { id: globalId(budget) })).rejects.toThrow('must be from 1 to 100')
  })

  it('of another tenant, of another kind, or deleted, is not there', async () => {
    const tenantId = await createTenantRow(database.url)
    const foreign = await createAllowance(database.url, { tenantId })
    const quota = await createAllowance(database.url, { kind: 'QUOTA', unit: 'REQUESTS' })
    const deleted = await createAllowance(database.url)
    await sql(database.url, 'update allowance set deleted_at = now() where id = $1', [deleted.id])
    const ask = await openDesk(database.url, viewerOf('ADMIN'))
    for (const each of [foreign, quota, deleted]) {
      expect(await ask(node, { id: globalId(each) })).toEqual({ node: null })
    }
    const askAll = await openDesk(database.url, operator)
    expect(await askAll(node, { id: globalId(foreign) })).toMatchObject({ node: { version: 1 } })
  })
})

describe('the list of budgets', () => {
  it('comes in pages, oldest first, of the viewer’s tenant only', async () => {
    const tenantId = await createTenantRow(database.url)
    await createAllowance(database.url)
    await createAllowance(database.url, { tenantId, kind: 'QUOTA', unit: 'REQUESTS' })
    const made = []
    for (let count = 0; count < 5; count++)
      made.push(await createAllowance(database.url, { tenantId }))
    const ids = made.map(globalId)
    const ask = await openDesk(database.url, viewerOf('VIEWER', { tenantId }))
    const seen: string[] = []
    let after: string | null = null
    for (const size of [2, 2, 1]) {
      const { budgets }: Listed = await ask<Listed>(list, { first: 2, after })
      expect(budgets.totalCount).toBe(5)
      expect(budgets.edges).toHaveLength(size)
      expect(budgets.pageInfo).toMatchObject({
        hasNextPage: seen.length + size < 5,
        hasPreviousPage: seen.length > 0,
      })
      for (const edge of budgets.edges) seen.push(edge.node.id)
      after = budgets.pageInfo.endCursor
    }
    expect(seen.toSorted()).toEqual(ids.toSorted())
  })

  it.each([
    [{ first: 501 }, '`first` must be from 0 to 500'],
    [{ after: 'nonsense' }, '`after` must be a cursor of this list'],
  ])('refuses %j', async (variables, message) => {
    const ask = await openDesk(database.url, viewerOf('VIEWER'))
    await expect(ask(list, variables)).rejects.toThrow(message)
  })

  it('can be of one scope', async () => {
    const tenantId = await createTenantRow(database.url)
    const keyId = await createKeyRow(database.url, { tenantId })
    const ofKey = await createAllowance(database.url, {
      tenantId,
      scope: { kind: 'API_KEY', value: keyId },
    })
    const ofModel = await createAllowance(database.url, {
      tenantId,
      scope: { kind: 'MODEL', value: 'gpt-test' },
    })
    const idsIn = async (scope: object, asked = viewerOf('VIEWER', { tenantId })) => {
      const ask = await openDesk(database.url, asked)
      const { budgets } = await ask<Listed>(list, { scope })
      expect(budgets.totalCount).toBe(budgets.edges.length)
      return budgets.edges.map((edge) => edge.node.id)
    }
    const key = { kind: 'API_KEY', value: encodeGlobalId('ApiKey', keyId) }
    const model = { kind: 'MODEL', value: 'gpt-test' }
    expect(await idsIn(key)).toEqual([globalId(ofKey)])
    expect(await idsIn(model)).toEqual([globalId(ofModel)])
    expect(await idsIn(key, viewerOf('ADMIN'))).toEqual([])
    expect(await idsIn(key, operator)).toEqual([globalId(ofKey)])
    expect(await idsIn(model, operator)).toEqual([])
  })

  it('is nothing for whoever may not read', async () => {
    const ask = await openDesk(database.url, {
      ...viewerOf('VIEWER'),
      scopes: new Set(['complete']),
    })
    await expect(ask(list)).rejects.toThrow('FORBIDDEN')
  })
})
