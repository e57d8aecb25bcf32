import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import type { Allowance } from '#domain/allowance.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { createAllowance } from '../../support/allowances.ts'
import { openDesk } from '../../support/allowance-desk.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'
import { callAt, openRecords, sql } from '../../support/store.ts'
import { createKeyRow, createTenantRow, viewerOf } from '../../support/tenants.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})

afterAll(() => database.drop())

const node = `query Node($id: ID!) { node(id: $id) { ... on Quota {
  name scope { kind label } unit limit window timeZone used remaining resetsAt throttledLastHour version } } }`

const createQuota = (over: Partial<Allowance>) =>
  createAllowance(database.url, {
    kind: 'QUOTA',
    unit: 'REQUESTS',
    limit: 100n,
    period: 'DAY',
    ...over,
  })

const globalId = ({ id }: Allowance) => encodeGlobalId('Quota', id)

interface Found {
  readonly node: object | null
}

async function found(quota: Allowance): Promise<object | null> {
  const ask = await openDesk(database.url, viewerOf('VIEWER'))
  return (await ask<Found>(node, { id: globalId(quota) })).node
}

async function use({ id, tenantId, unit }: Allowance, { spent = 0, held = 0, days = 1 }) {
  await sql(
    database.url,
    `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, spent, held, ceiling)
     values ($1, $2, $3, date_trunc('day', now(), 'UTC'),
       case when $6 > 0 then date_trunc('day', now(), 'UTC') + $6::int * interval '1 day' end, $4, $5, 100)`,
    [id, tenantId, unit, spent, held, days],
  )
}

describe('a quota', () => {
  it('that nobody has used in this window stands at zero', async () => {
    const keyId = await createKeyRow(database.url)
    const quota = await createQuota({ scope: { kind: 'API_KEY', value: keyId }, name: 'Plenty' })
    const tomorrow = Temporal.Now.zonedDateTimeISO('UTC').startOfDay().add({ days: 1 })
    expect(await found(quota)).toEqual({
      name: 'Plenty',
      scope: { kind: 'API_KEY', label: 'Key' },
      unit: 'REQUESTS',
      limit: 100,
      window: 'DAY',
      timeZone: 'UTC',
      used: 0,
      remaining: 100,
      resetsAt: new Date(tomorrow.epochMilliseconds).toISOString(),
      throttledLastHour: 0,
      version: 1,
    })
  })

  it('shows what is used, and leaves out of the rest what running calls hold', async () => {
    const quota = await createQuota({ unit: 'TOKENS' })
    await use(quota, { spent: 30, held: 20 })
    expect(await found(quota)).toMatchObject({ unit: 'TOKENS', used: 30, remaining: 50 })
  })

  it('of requests at once is used by those that run', async () => {
    const quota = await createQuota({ unit: 'CONCURRENT_REQUESTS', period: 'TOTAL' })
    await use(quota, { held: 4, days: 0 })
    expect(await found(quota)).toMatchObject({
      window: 'NONE',
      used: 4,
      remaining: 96,
      resetsAt: null,
    })
  })

  it('counts the calls that it refused within the last hour', async () => {
    const quota = await createQuota({})
    const other = await createQuota({})
    const { records } = await openRecords(database.url)
    const now = Date.now()
    const refused = (minutesAgo: number, refusedBy: string) =>
      records.end(
        callAt(now - minutesAgo * 60_000, {
          status: 'REFUSED',
          errorCode: 'QUOTA_EXCEEDED',
          errorMessage: 'too many',
          attempts: [],
          usage: null,
          cost: null,
          refusedBy,
        }),
      )
    await Promise.all([refused(1, quota.id), refused(59, quota.id), refused(61, quota.id)])
    await refused(1, other.id)
    expect(await found(quota)).toMatchObject({ throttledLastHour: 2 })
  })
})

const create = `mutation($input: CreateQuotaInput!) { createQuota(input: $input) {
  __typename ... on QuotaSuccess { quota { id limit unit window timeZone version } } ... on ValidationError { issues { path } } } }`
const update = `mutation($input: UpdateQuotaInput!) { updateQuota(input: $input) {
  __typename ... on QuotaSuccess { quota { limit version } } ... on ConflictError { currentVersion } } }`
const remove = `mutation($input: NodeIdInput!) { deleteQuota(input: $input) { __typename } }`

const scope = { kind: 'TENANT', value: encodeGlobalId('Tenant', defaultTenantId) }
const many = { scope, name: 'Many', unit: 'REQUESTS', limit: 60, window: 'MINUTE' }

interface Made {
  readonly createQuota: { readonly quota: { readonly id: string } }
}

describe('changes of quotas', () => {
  it('make, change and delete one', async () => {
    const ask = await openDesk(database.url, viewerOf('BUDGET_MANAGER'))
    const input = { ...many, limit: '9007199254740993', timeZone: 'Asia/Kolkata' }
    const made = await ask<Made>(create, { input })
    const { id } = made.createQuota.quota
    expect(made.createQuota.quota).toEqual({
      id,
      limit: '9007199254740993',
      unit: 'REQUESTS',
      window: 'MINUTE',
      timeZone: 'Asia/Kolkata',
      version: 1,
    })
    const change = { id, expectedVersion: 1, limit: 10 }
    expect(await ask(update, { input: change })).toEqual({
      updateQuota: { __typename: 'QuotaSuccess', quota: { limit: 10, version: 2 } },
    })
    expect(await ask(update, { input: change })).toEqual({
      updateQuota: { __typename: 'ConflictError', currentVersion: 2 },
    })
    expect(await ask(remove, { input: { id } })).toEqual({
      deleteQuota: { __typename: 'DeleteSuccess' },
    })
    expect(await ask(node, { id })).toEqual({ node: null })
  })

  it.each([
    [{ unit: 'CONCURRENT_REQUESTS' }, 'window'],
    [{ window: 'NONE' }, 'window'],
    [{ limit: -1 }, 'limit'],
  ])('refuse %j at its %s', async (over, field) => {
    const ask = await openDesk(database.url, viewerOf('BUDGET_MANAGER'))
    expect(await ask(create, { input: { ...many, ...over } })).toEqual({
      createQuota: { __typename: 'ValidationError', issues: [{ path: ['input', field] }] },
    })
  })

  it('are not for those who only call', async () => {
    const ask = await openDesk(database.url, viewerOf('CALLER'))
    expect(await ask(create, { input: many })).toEqual({
      createQuota: { __typename: 'ForbiddenError' },
    })
  })
})

describe('what has budgets and quotas', () => {
  it('lists those whose scope it is', async () => {
    const tenantId = await createTenantRow(database.url)
    const value = tenantId
    await createAllowance(database.url, { tenantId, name: 'b1', scope: { kind: 'TENANT', value } })
    await createQuota({ tenantId, name: 'q1', scope: { kind: 'TENANT', value } })
    await createQuota({ tenantId, name: 'q2', scope: { kind: 'MODEL', value: 'gpt-test' } })
    const ask = await openDesk(database.url, viewerOf('VIEWER', { tenantId }))
    expect(await ask('{ viewer { tenant { budgets { name } quotas { name } } } }')).toEqual({
      viewer: { tenant: { budgets: [{ name: 'b1' }], quotas: [{ name: 'q1' }] } },
    })
    const names = await ask<{ quotas: readonly { name: string }[] }>('{ quotas { name } }')
    expect(names.quotas.map(({ name }) => name).toSorted()).toEqual(['q1', 'q2'])
  })
})
