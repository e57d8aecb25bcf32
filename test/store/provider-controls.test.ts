import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PrismaClient } from '#generated/prisma/client.ts'
import type { Changer } from '#domain/audit.ts'
import { createPrisma } from '#store/prisma.ts'
import { createStoredControls, type StoredControls } from '#store/provider-controls.ts'
import { adminViewer } from '#test/support/fake-gateway.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'

let database: TestDatabase
let prisma: PrismaClient
let controls: StoredControls

beforeAll(async () => {
  database = await createDatabase()
  prisma = createPrisma(database.url)
  controls = createStoredControls(prisma)
})
beforeEach(() => sql(database.url, 'truncate provider_control, target_state, audit_event'))
afterAll(async () => {
  await prisma.$disconnect()
  await database.drop()
})

const by: Changer = { viewer: adminViewer, ip: '10.0.0.1' }
const disabled = { override: 'FORCE_DISABLED', reason: ' too dear ' } as const
const audited = () =>
  sql(database.url, 'select actor, action, target, before, after, ip from audit_event order by id')

describe('an override', () => {
  it('is kept with its reason, and audited', async () => {
    await controls.setOverride('openai', disabled, by)
    const kept = { override: 'FORCE_DISABLED', reason: 'too dear', resetAt: null }
    expect(await controls.read()).toEqual([{ providerName: 'openai', ...kept }])
    await controls.setOverride('openai', { override: 'AUTO', reason: null }, by)
    const free = { override: 'AUTO', reason: null, resetAt: null }
    const change = { actor: 'test', action: 'setProviderOverride', target: 'Provider:openai' }
    expect(await audited()).toEqual([
      { ...change, before: null, after: kept, ip: '10.0.0.1' },
      { ...change, before: kept, after: free, ip: '10.0.0.1' },
    ])
  })

  it.each([
    ['without a reason', null],
    ['with an empty one', '  '],
    ['with a very long one', 'x'.repeat(501)],
  ])('that disables is refused %s', async (_how, reason) => {
    await expect(async () =>
      controls.setOverride('openai', { ...disabled, reason }, by),
    ).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { issues: [{ path: ['reason'] }] },
    })
    expect(await controls.read()).toEqual([])
  })

  it('that enables needs no reason', async () => {
    await controls.setOverride('openai', { override: 'FORCE_ENABLED', reason: null }, by)
    expect(await controls.read()).toMatchObject([{ override: 'FORCE_ENABLED', reason: null }])
  })
})

it('a reset forgets what is kept of the provider’s targets, leaves its override, and is audited', async () => {
  await controls.setOverride('openai', disabled, by)
  await sql(
    database.url,
    `insert into target_state (name, provider_name, circuit, health)
     values ('openai:a', 'openai', '{}', '{}'), ('xai:a', 'xai', '{}', '{}')`,
  )
  await controls.reset('openai', by)
  expect(await controls.read()).toMatchObject([
    { override: 'FORCE_DISABLED', resetAt: expect.any(Number) },
  ])
  expect(await sql(database.url, 'select name from target_state')).toEqual([{ name: 'xai:a' }])
  expect(await audited()).toMatchObject([{}, { action: 'resetCircuit' }])
})

it.each([
  ['without the scope', { scopes: new Set(['read'] as const) }, ['manage-config']],
  ['of another tenant', { runsInstallation: false }, []],
])('a viewer %s decides nothing', async (_who, over, missingScopes) => {
  const other = { viewer: { ...adminViewer, ...over }, ip: null }
  const refusal = { code: 'FORBIDDEN', details: { missingScopes } }
  await expect(async () => controls.setOverride('openai', disabled, other)).rejects.toMatchObject(
    refusal,
  )
  await expect(async () => controls.reset('openai', other)).rejects.toMatchObject(refusal)
  expect(await controls.read()).toEqual([])
})
