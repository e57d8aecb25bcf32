import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { defaultTenantId, type Viewer } from '#domain/access.ts'
import type { AllowanceScope } from '#domain/allowance.ts'
import type { AllowanceDraft } from '#domain/allowance-draft.ts'
import { createAllowance } from '../support/allowances.ts'
import { openAllowances } from '../support/allowance-desk.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { sql } from '../support/store.ts'
import {
  createKeyRow,
  createProjectRow,
  createTenantRow,
  operator,
  viewerOf,
} from '../support/tenants.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})

afterAll(() => database.drop())

const budget: AllowanceDraft = {
  kind: 'BUDGET',
  name: 'Team',
  scope: { kind: 'TENANT', value: defaultTenantId },
  unit: 'TICKS',
  limit: 1000n,
  period: 'MONTH',
  timeZone: undefined,
  action: 'BLOCK',
  thresholds: [0.5, 1],
}
const manager = viewerOf('BUDGET_MANAGER')
const by = (viewer: Viewer) => ({ viewer, ip: '192.0.2.7' })

const desk = () => openAllowances(database.url)

async function stored(id: string) {
  const [state] = await desk().find({ ids: [id], reader: operator })
  return state
}

/** The scope that a budget gets. */
async function scopeOf(
  scope: AllowanceScope,
  viewer = manager,
): Promise<AllowanceScope | undefined> {
  const id = await desk().create({ ...budget, scope }, by(viewer))
  return (await stored(id))?.allowance.scope
}

describe('create', () => {
  it('writes a budget down, in its tenant’s zone, with who made it', async () => {
    const tenantId = await createTenantRow(database.url, 'Europe/Berlin')
    const scope = { kind: 'TENANT', value: tenantId } as const
    const id = await desk().create({ ...budget, name: ' Team ', scope }, by(operator))
    expect((await stored(id))?.allowance).toEqual({
      ...budget,
      id,
      tenantId,
      scope,
      timeZone: 'Europe/Berlin',
    })
    expect(
      await sql(database.url, 'select * from audit_event where tenant_id = $1', [tenantId]),
    ).toEqual([
      expect.objectContaining({
        action: 'createBudget',
        target: `Budget:${id}`,
        actor: 'operator',
        ip: '192.0.2.7',
        before: null,
        after: expect.objectContaining({
          name: 'Team',
          limit: '1000',
          timeZone: 'Europe/Berlin',
          scope,
        }),
      }),
    ])
  })

  it.each<[AllowanceScope['kind'], string, string]>([
    ['PROVIDER', 'openai', 'openai'],
    ['MODEL', ' openai:gpt-test ', 'openai:gpt-test'],
    ['END_USER', 'Ame\u0301lie', 'Am\u00e9lie'],
    ['CLIENT_IP', '192.0.2.7', '192.0.2.7'],
    ['CLIENT_IP', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['CLIENT_IP', '::ffff:192.0.2.7', '192.0.2.7'],
    ['TENANT', defaultTenantId.toUpperCase(), defaultTenantId],
  ])('spells %s “%s” as calls have it', async (kind, value, spelt) => {
    expect(await scopeOf({ kind, value })).toEqual({ kind, value: spelt })
  })

  it.each<[AllowanceScope['kind'], string]>([
    ['PROVIDER', 'nobody'],
    ['CLIENT_IP', '10.0.0'],
    ['CLIENT_IP', '10.0.0.0/8'],
    ['CLIENT_IP', 'fe80::1%eth0'],
    ['TENANT', 'default'],
    ['API_KEY', 'ao_0123456789abcdef'],
  ])('refuses %s “%s”', async (kind, value) => {
    await expect(scopeOf({ kind, value })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { issues: [{ path: ['input', 'scope', 'value'] }] },
    })
  })

  it('finds tenants, projects and keys in reach only, whose tenant the budget is then of', async () => {
    const tenantId = await createTenantRow(database.url)
    const scopes: readonly AllowanceScope[] = [
      { kind: 'TENANT', value: tenantId },
      { kind: 'PROJECT', value: await createProjectRow(database.url, tenantId) },
      { kind: 'API_KEY', value: await createKeyRow(database.url, { tenantId }) },
    ]
    for (const scope of scopes) {
      await expect(scopeOf(scope)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const id = await desk().create({ ...budget, scope }, by(operator))
      expect((await stored(id))?.allowance).toMatchObject({ tenantId, scope })
      const own = viewerOf('BUDGET_MANAGER', { tenantId })
      expect(await scopeOf(scope, own)).toEqual(scope)
    }
    await expect(scopeOf({ kind: 'API_KEY', value: randomUUID() }, operator)).rejects.toMatchObject(
      {
        code: 'NOT_FOUND',
      },
    )
  })

  it('keeps a key of one project within that project', async () => {
    const projectId = await createProjectRow(database.url)
    const inside = await createKeyRow(database.url, { projectId })
    const outside = await createKeyRow(database.url)
    const bound = viewerOf('BUDGET_MANAGER', { projectId })
    const project = { kind: 'PROJECT', value: projectId } as const
    expect(await scopeOf(project, bound)).toEqual(project)
    expect(await scopeOf({ kind: 'API_KEY', value: inside }, bound)).toBeDefined()
    const others: readonly AllowanceScope[] = [
      budget.scope,
      { kind: 'API_KEY', value: outside },
      { kind: 'MODEL', value: 'gpt-test' },
      { kind: 'PROJECT', value: await createProjectRow(database.url) },
    ]
    for (const scope of others)
      await expect(scopeOf(scope, bound)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const wide = await desk().create(budget, by(manager))
    await expect(desk().remove({ kind: 'BUDGET', id: wide }, by(bound))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
  })

  it('takes no more than 10,000 of a tenant', async () => {
    const tenantId = await createTenantRow(database.url)
    await sql(
      database.url,
      `insert into allowance (id, tenant_id, kind, name, scope_kind, scope_value, unit, amount, period, time_zone, action)
       select gen_random_uuid(), $1::uuid, 'BUDGET', 'x', 'TENANT', $1::uuid::text, 'TICKS', 1, 'DAY', 'UTC', 'BLOCK'
       from generate_series(1, 10000)`,
      [tenantId],
    )
    const own = viewerOf('BUDGET_MANAGER', { tenantId })
    const scope = { kind: 'MODEL', value: 'gpt-test' } as const
    await expect(scopeOf(scope, own)).rejects.toThrow('10000 budgets and quotas already')
  })

  it('leaves nothing behind when it is refused', async () => {
    const tenantId = await createTenantRow(database.url)
    const own = viewerOf('BUDGET_MANAGER', { tenantId })
    const scope = { kind: 'PROVIDER', value: 'nobody' } as const
    await expect(scopeOf(scope, own)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    const left = `select id from audit_event where tenant_id = $1
      union all select id from allowance where tenant_id = $1`
    expect(await sql(database.url, left, [tenantId])).toEqual([])
  })
})

describe('update', () => {
  const update = (id: string, expectedVersion: number, edit: object, viewer = manager) =>
    desk().update({ kind: 'BUDGET', id, expectedVersion, edit }, by(viewer))

  it('changes what is given, and writes down what was before', async () => {
    const tenantId = await createTenantRow(database.url)
    const own = viewerOf('BUDGET_MANAGER', { tenantId })
    const { id } = await createAllowance(database.url, { tenantId, limit: 5n, name: 'Old' })
    await update(id, 1, { limit: 7n, thresholds: [0.9], paused: true, name: undefined }, own)
    expect(await stored(id)).toMatchObject({
      version: 2,
      paused: true,
      allowance: { name: 'Old', limit: 7n, thresholds: [0.9] },
    })
    const [line] = await sql(database.url, 'select * from audit_event where tenant_id = $1', [
      tenantId,
    ])
    expect(line).toMatchObject({
      action: 'updateBudget',
      before: { limit: '5', thresholds: [], paused: false },
      after: { limit: '7', thresholds: [0.9], paused: true },
    })
  })

  it('lets one of two who looked at the same version change it', async () => {
    const { id } = await createAllowance(database.url)
    const names = ['a', 'b', 'c', 'd']
    const done = await Promise.allSettled(names.map((name) => update(id, 1, { name })))
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(done.filter(({ status }) => status === 'rejected')).toEqual(
      names.slice(1).map(() => ({
        status: 'rejected',
        reason: expect.objectContaining({
          code: 'CONFLICT',
          details: expect.objectContaining({ currentVersion: 2 }),
        }),
      })),
    )
  })

  it('says who was faster', async () => {
    const { id } = await createAllowance(database.url)
    const faster = { ...manager, apiKeyId: randomUUID(), displayName: 'Finance' }
    await update(id, 1, { name: 'theirs' }, faster)
    await expect(update(id, 1, { name: 'mine' })).rejects.toThrow(/^Finance has changed it since/)
  })

  it('refuses what makes no sense together with what is there', async () => {
    const id = await desk().create({ ...budget, kind: 'QUOTA', unit: 'REQUESTS' }, by(manager))
    const change = { kind: 'QUOTA', id, expectedVersion: 1, edit: { action: 'NOTIFY' } } as const
    await expect(desk().update(change, by(manager))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { issues: [{ path: ['input', 'action'] }] },
    })
    expect(await stored(id)).toMatchObject({ version: 1 })
  })

  it('does not find what is another tenant’s, of another kind, or deleted', async () => {
    const tenantId = await createTenantRow(database.url)
    const foreign = await createAllowance(database.url, { tenantId })
    const quota = await createAllowance(database.url, { kind: 'QUOTA', unit: 'REQUESTS' })
    const deleted = await createAllowance(database.url)
    await desk().remove({ kind: 'BUDGET', id: deleted.id }, by(manager))
    for (const { id } of [foreign, quota, deleted])
      await expect(update(id, 1, { name: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await update(foreign.id, 1, { name: 'x' }, operator)
    expect(await stored(foreign.id)).toMatchObject({ version: 2 })
  })
})

describe('every change', () => {
  it('takes the scope manage-budgets', async () => {
    const { id } = await createAllowance(database.url)
    const caller = by(viewerOf('CALLER'))
    const refusal = { code: 'FORBIDDEN', details: { missingScopes: ['manage-budgets'] } }
    const key = { kind: 'BUDGET', id } as const
    await expect(desk().create(budget, caller)).rejects.toMatchObject(refusal)
    await expect(
      desk().update({ ...key, expectedVersion: 1, edit: {} }, caller),
    ).rejects.toMatchObject(refusal)
    await expect(desk().remove(key, caller)).rejects.toMatchObject(refusal)
  })

  it('is told to all replicas, and only if it stands', async () => {
    const client = new pg.Client({ connectionString: database.url })
    onTestFinished(() => client.end())
    const heard: (string | undefined)[] = []
    client.on('notification', ({ payload }) => heard.push(payload))
    await client.connect()
    await client.query('listen orchestrator')
    const id = await desk().create(budget, by(manager))
    const key = { kind: 'BUDGET', id } as const
    await expect(
      desk().update({ ...key, expectedVersion: 9, edit: {} }, by(manager)),
    ).rejects.toMatchObject({ code: 'CONFLICT' })
    await desk().update({ ...key, expectedVersion: 1, edit: {} }, by(manager))
    await desk().remove(key, by(manager))
    await vi.waitFor(() => expect(heard).toHaveLength(3))
    expect(heard).toEqual(Array.from({ length: 3 }, () => `allowance:${id}`))
  })

  it('keeps a deleted budget for what was charged under it', async () => {
    const { id } = await createAllowance(database.url)
    await desk().remove({ kind: 'BUDGET', id }, by(manager))
    expect(await stored(id)).toBeUndefined()
    const found = await desk().find({ ids: [id], reader: manager, deleted: true })
    expect(found).toMatchObject([{ version: 2 }])
  })
})
