import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { createAllowance } from '../../support/allowances.ts'
import { type Ask, openDesk } from '../../support/allowance-desk.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'
import { createTenantRow, viewerOf } from '../../support/tenants.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})

afterAll(() => database.drop())

const outcome = `__typename
  ... on BudgetSuccess { budget { id name limit period timeZone action alertThresholds paused version scope { kind value label } } }
  ... on ValidationError { message issues { path message } }
  ... on ConflictError { currentVersion code }
  ... on ForbiddenError { missingScopes code }
  ... on NotFoundError { code message }`
const create = `mutation($input: CreateBudgetInput!) { createBudget(input: $input) { ${outcome} } }`
const update = `mutation($input: UpdateBudgetInput!) { updateBudget(input: $input) { ${outcome} } }`
const remove = `mutation($input: NodeIdInput!) { deleteBudget(input: $input) {
  __typename ... on DeleteSuccess { id } ... on ForbiddenError { missingScopes } } }`

interface Outcome {
  readonly __typename: string
  readonly budget?: { readonly id: string; readonly limit: string }
  readonly issues?: readonly { readonly path: readonly string[] }[]
}

interface Created {
  readonly createBudget: Outcome
}

interface Updated {
  readonly updateBudget: Outcome
}

const tenant = { kind: 'TENANT', value: encodeGlobalId('Tenant', defaultTenantId) }
const team = { scope: tenant, name: 'Team', limit: '10.50', period: 'MONTHLY' }
const desk = () => openDesk(database.url, viewerOf('BUDGET_MANAGER'))
/** A budget as the team's. @returns Its id. */
async function made(ask: Ask): Promise<string | undefined> {
  return (await ask<Created>(create, { input: team })).createBudget.budget?.id
}

const globalId = ({ id }: { readonly id: string }) => encodeGlobalId('Budget', id)

describe('createBudget', () => {
  it('makes a budget that blocks and warns at 50, 80 and 100 %, in the tenant’s zone', async () => {
    const ask = await desk()
    const { createBudget } = await ask<Created>(create, { input: team })
    expect(createBudget).toEqual({
      __typename: 'BudgetSuccess',
      budget: {
        id: expect.any(String),
        name: 'Team',
        limit: '10.5',
        period: 'MONTHLY',
        timeZone: 'UTC',
        action: 'BLOCK',
        alertThresholds: [0.5, 0.8, 1],
        paused: false,
        version: 1,
        scope: { ...tenant, label: 'Default' },
      },
    })
  })

  it('says of every field what is wrong with it', async () => {
    const ask = await desk()
    const input = { ...team, name: ' ', limit: '-1', alertThresholds: [2, 1] }
    const { createBudget } = await ask<Created>(create, { input })
    expect(createBudget.__typename).toBe('ValidationError')
    expect(createBudget.issues?.map(({ path }) => path.join('.'))).toEqual([
      'input.name',
      'input.limit',
      'input.alertThresholds',
    ])
  })

  it.each(['0.00000000001', '922337203.6854775808'])(
    'does not round a limit of %s',
    async (limit) => {
      const ask = await desk()
      const { createBudget } = await ask<Created>(create, { input: { ...team, limit } })
      expect(createBudget).toMatchObject({ issues: [{ path: ['input', 'limit'] }] })
    },
  )

  it.each(['0', '0.0000000001', '1.50000000000', '922337203.6854775807'])(
    'takes a limit of %s',
    async (limit) => {
      const ask = await desk()
      const { createBudget } = await ask<Created>(create, { input: { ...team, limit } })
      expect(Number(createBudget.budget?.limit)).toBe(Number(limit))
    },
  )

  it('is for whoever manages budgets, even if they may not call', async () => {
    const ask = await openDesk(database.url, viewerOf('CALLER'))
    const { createBudget } = await ask<Created>(create, { input: team })
    expect(createBudget).toEqual({
      __typename: 'ForbiddenError',
      missingScopes: ['manage-budgets'],
      code: 'FORBIDDEN',
    })
  })

  it('finds no tenant but the viewer’s', async () => {
    const ask = await desk()
    const value = encodeGlobalId('Tenant', await createTenantRow(database.url))
    const { createBudget } = await ask<Created>(create, {
      input: { ...team, scope: { kind: 'TENANT', value } },
    })
    expect(createBudget).toMatchObject({ __typename: 'NotFoundError' })
  })
})

describe('updateBudget', () => {
  it('changes what is given and nothing else', async () => {
    const ask = await desk()
    const id = await made(ask)
    const input = { id, expectedVersion: 1, limit: '20', paused: true, name: null }
    const { updateBudget } = await ask<Updated>(update, { input })
    expect(updateBudget.budget).toMatchObject({
      name: 'Team',
      limit: '20',
      action: 'BLOCK',
      paused: true,
      version: 2,
    })
  })

  it('is refused after somebody else’s change, with the version to look at', async () => {
    const ask = await desk()
    const id = await made(ask)
    await ask<Updated>(update, { input: { id, expectedVersion: 1, name: 'First' } })
    const { updateBudget } = await ask<Updated>(update, {
      input: { id, expectedVersion: 1, name: 'Second' },
    })
    expect(updateBudget).toEqual({
      __typename: 'ConflictError',
      currentVersion: 2,
      code: 'CONFLICT',
    })
  })

  it('finds no other tenant’s budget, no quota, and no nonsense', async () => {
    const tenantId = await createTenantRow(database.url)
    const foreign = await createAllowance(database.url, { tenantId })
    const quota = await createAllowance(database.url, { kind: 'QUOTA', unit: 'REQUESTS' })
    const ask = await desk()
    for (const id of [globalId(foreign), globalId(quota), encodeGlobalId('Quota', quota.id), 'x']) {
      const { updateBudget } = await ask<Updated>(update, {
        input: { id, expectedVersion: 1, name: 'Mine' },
      })
      expect(updateBudget.__typename).toBe('NotFoundError')
    }
  })
})

describe('deleteBudget', () => {
  it('takes it away, once', async () => {
    const ask = await desk()
    const id = await made(ask)
    expect(await ask(remove, { input: { id } })).toEqual({
      deleteBudget: { __typename: 'DeleteSuccess', id },
    })
    expect(await ask(remove, { input: { id } })).toEqual({
      deleteBudget: { __typename: 'NotFoundError' },
    })
  })

  it('is not for those who only read', async () => {
    const budget = await createAllowance(database.url)
    const ask = await openDesk(database.url, viewerOf('VIEWER'))
    expect(await ask(remove, { input: { id: globalId(budget) } })).toEqual({
      deleteBudget: { __typename: 'ForbiddenError', missingScopes: ['manage-budgets'] },
    })
  })
})
