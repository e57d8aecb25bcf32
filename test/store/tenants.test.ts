import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administrator, defaultTenantId, type Viewer } from '#domain/access.ts'
import type { PrismaClient } from '#generated/prisma/client.ts'
import { createPrisma } from '#store/prisma.ts'
import { createTenants, type Tenants } from '#store/tenants.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { sql } from '../support/store.ts'

const operator = administrator({ apiKeyId: null, displayName: 'local' })
const tenantAdmin: Viewer = { ...operator, runsInstallation: false }
const by = (viewer: Viewer = operator) => ({ viewer, ip: null })

let database: TestDatabase
let prisma: PrismaClient
let tenants: Tenants
beforeAll(async () => {
  database = await createDatabase()
  prisma = createPrisma(database.url)
  tenants = createTenants(prisma)
})
afterAll(async () => {
  await prisma.$disconnect()
  await database.drop()
})

const named = (slug: string) => ({ slug, name: 'Acme', reportingTimeZone: 'UTC' })

it('a tenant is made with its row in its own audit log', async () => {
  const { id } = await tenants.create(named('acme'), by())
  const events = await sql(
    database.url,
    'select actor, action, target, before, after from audit_event where tenant_id = $1',
    [id],
  )
  expect(events).toMatchObject([
    { actor: 'local', action: 'createTenant', target: `Tenant:${id}`, before: null },
  ])
})

describe('refused is', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a tenant from who runs no installation',
      () => tenants.create(named('b'), by(tenantAdmin)),
      'FORBIDDEN',
    ],
    ['a slug that is taken', () => tenants.create(named('default'), by()), 'INVALID_REQUEST'],
    ['a slug that is none', () => tenants.create(named('A b'), by()), 'INVALID_REQUEST'],
    [
      'a change of another tenant',
      () => tenants.update(randomUUID(), { patch: { name: 'x' }, by: by(tenantAdmin) }),
      'NOT_FOUND',
    ],
    [
      'a change of one that is not',
      () => tenants.update(randomUUID(), { patch: { name: 'x' }, by: by() }),
      'NOT_FOUND',
    ],
    [
      'a change by who is no administrator',
      () =>
        tenants.update(defaultTenantId, {
          patch: { name: 'x' },
          by: by({ ...tenantAdmin, scopes: new Set(['manage-keys']) }),
        }),
      'FORBIDDEN',
    ],
    [
      'a change by a project’s key',
      () =>
        tenants.update(defaultTenantId, {
          patch: { name: 'x' },
          by: by({ ...tenantAdmin, projectId: randomUUID() }),
        }),
      'FORBIDDEN',
    ],
    [
      'a retention of no days',
      () => tenants.update(defaultTenantId, { patch: { retentionDays: 0 }, by: by() }),
      'INVALID_REQUEST',
    ],
  ])('%s', async (_sentence, change, code) => {
    await expect(change()).rejects.toMatchObject({ code })
  })
})

it('what is left out of a change stays as it is', async () => {
  const { id } = await tenants.create(named('stays'), by())
  const changed = await tenants.update(id, { patch: { retentionDays: 30 }, by: by() })
  expect(changed).toMatchObject({ name: 'Acme', retentionDays: 30, reportingTimeZone: 'UTC' })
})
