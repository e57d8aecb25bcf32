import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RawSocket } from '../support/graphql-socket.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { sql } from '../support/store.ts'
import {
  ask,
  changeKey,
  complete,
  createKey,
  rootToken,
  startReplica,
  statusOf,
  tenantId,
  tryCreateKey,
} from './access-house.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await createDatabase()
})
afterEach(() => database.drop())

const pair = async () => {
  const one = await startReplica(database.url)
  const other = await startReplica(database.url)
  return [one.origin, other.origin] as const
}

/** A stream that does not end by itself, and when it did. */
async function openStream(origin: string, token: string) {
  const response = await complete(origin, token, { model: 'simulator:stall', stream: true })
  expect(response.status).toBe(200)
  const ended = response.text().then(
    (text) => ({ text, at: performance.now() }),
    () => ({ text: '', at: performance.now() }),
  )
  return { ended }
}

async function openSocket(origin: string, token: string) {
  const socket = new RawSocket(`${origin.replace('http', 'ws')}/graphql`, {
    init: { authorization: `Bearer ${token}` },
  })
  await socket.until(({ type }) => type === 'connection_ack')
  socket.subscribe('1', 'subscription { liveMetrics { inFlight } }')
  await socket.until(({ type }) => type === 'next')
  const closed = socket.closed.then(({ code }) => ({ code, at: performance.now() }))
  return { closed }
}

describe('what runs by a key', () => {
  it.each<[string, 'revokeApiKey' | 'updateApiKey' | 'rotateApiKey', object]>([
    ['revoked', 'revokeApiKey', {}],
    ['given a smaller role', 'updateApiKey', { role: 'VIEWER' }],
    ['given another secret without a grace', 'rotateApiKey', { graceSeconds: 0 }],
  ])('is cut on every replica within a second when the key is %s', async (_how, change, input) => {
    const [one, other] = await pair()
    const key = await createKey(one)
    const { ended } = await openStream(other, key.secret)
    const { closed } = await openSocket(other, key.secret)
    const stranger = await openSocket(other, rootToken)

    const since = performance.now()
    await changeKey(one, change, { id: key.id, ...input })
    const [stream, socket] = await Promise.all([ended, closed])
    expect(stream.at - since).toBeLessThan(1000)
    expect(stream.text).not.toContain('[DONE]')
    expect(socket.at - since).toBeLessThan(1000)
    expect(socket.code).toBe(4403)
    await expect(Promise.race([stranger.closed, Promise.resolve('still open')])).resolves.toBe(
      'still open',
    )
    await expect
      .poll(() => sql(database.url, `select status from request where status = 'CANCELLED'`))
      .toHaveLength(1)
  })

  it('ends with the key’s expiry', async () => {
    const { origin } = await startReplica(database.url)
    const expiresAt = new Date(Date.now() + 6000).toISOString()
    const key = await createKey(origin, { expiresAt })
    const { ended } = await openStream(origin, key.secret)
    const { closed } = await openSocket(origin, key.secret)
    const [, socket] = await Promise.all([ended, closed])
    expect(socket.code).toBe(4403)
    expect(Date.now() - Date.parse(expiresAt)).toBeLessThan(1500)
    expect(await statusOf(complete(origin, key.secret))).toBe(403)
  })
})

describe('rotation', () => {
  it('lets the old secret work until its deadline, on every replica', async () => {
    const [one, other] = await pair()
    const key = await createKey(one)
    expect(await statusOf(complete(other, key.secret))).toBe(200)
    const { secret } = await changeKey(one, 'rotateApiKey', { id: key.id, graceSeconds: 6 })
    expect(await statusOf(complete(other, secret ?? ''))).toBe(200)
    expect(await statusOf(complete(other, key.secret))).toBe(200)
    await expect
      .poll(() => statusOf(complete(other, key.secret)), { timeout: 15_000, interval: 200 })
      .toBe(403)
    expect(await statusOf(complete(other, secret ?? ''))).toBe(200)
  })
})

describe('a start is refused', () => {
  const starting = (env: Readonly<Record<string, string>>) =>
    startReplica(database.url, env).then(
      () => 'it started',
      (error: Error) => error.message,
    )

  it('with another secret than that of the keys in the database', async () => {
    const { origin } = await startReplica(database.url)
    await createKey(origin)
    const foreign = 'quite another secret, and as long as it has to be'
    expect(await starting({ ORCHESTRATOR_SECRET: foreign })).toContain('ORCHESTRATOR_SECRET')
  })

  it('where everybody could come in from elsewhere, until there is an administrator’s key', async () => {
    const public_ = { HOST: '0.0.0.0', ROUTER_AUTH_TOKEN: '' }
    const refusal = await starting(public_)
    expect(refusal).toContain('ROUTER_AUTH_TOKEN')
    expect(refusal).toContain('createApiKey')
    const { origin } = await startReplica(database.url)
    const { secret } = await createKey(origin, { role: 'ADMIN' })
    const replica = await startReplica(database.url, public_)
    expect(await statusOf(complete(replica.origin, secret))).toBe(200)
    expect(await statusOf(complete(replica.origin, 'nonsense'))).toBe(403)
    expect(await statusOf(fetch(`${replica.origin}/v1/models`))).toBe(401)
  })
})

it('an open server honours keys, and minds no other token', async () => {
  const { origin } = await startReplica(database.url, { ROUTER_AUTH_TOKEN: '' })
  const key = await createKey(origin, { allowedModels: ['openai:*'] })
  expect(await statusOf(fetch(`${origin}/v1/models`))).toBe(200)
  expect(await statusOf(complete(origin, 'sk-whatever'))).toBe(200)
  expect(await statusOf(complete(origin, key.secret))).toBe(403)
  expect(await statusOf(complete(origin, `${key.secret.slice(0, -1)}~`))).toBe(403)
})

it('every call and every change is held to what the key may do', async () => {
  const { origin } = await startReplica(database.url)
  const viewer = await createKey(origin, { role: 'VIEWER' })
  expect(await statusOf(complete(origin, viewer.secret))).toBe(403)
  const completion = `mutation { createCompletion(input: {
    model: "simulator:fast", messages: [{ role: USER, content: [{ text: "hi" }] }] }) { __typename } }`
  const ofViewer = await ask<{ createCompletion: object }>(origin, completion, {
    token: viewer.secret,
  })
  expect(ofViewer.data?.createCompletion).toEqual({ __typename: 'ForbiddenError' })

  const narrow = await createKey(origin, { allowedModels: ['simulator:fast'] })
  expect(await statusOf(complete(origin, narrow.secret))).toBe(200)
  const refused = await complete(origin, narrow.secret, { model: 'simulator:echo' })
  expect(refused.status).toBe(403)
  expect(await refused.text()).toContain('simulator:echo')
  const models = await fetch(`${origin}/v1/models`, {
    headers: { authorization: `Bearer ${narrow.secret}` },
  })
  expect(await models.json()).toMatchObject({ data: [{ id: 'simulator:fast' }] })

  const wanted = { name: 'x', tenantId: await tenantId(origin), role: 'ADMIN' }
  expect(await tryCreateKey(origin, wanted, viewer.secret)).toMatchObject({
    __typename: 'ForbiddenError',
    missingScopes: ['manage-keys'],
  })
})

it('a tenant’s administrator manages that tenant alone, and each change is written down', async () => {
  const { origin } = await startReplica(database.url)
  const made = await ask<{ createTenant: { tenant: { id: string } } }>(
    origin,
    `mutation { createTenant(input: { slug: "acme", name: "Acme" }) { ... on TenantSuccess { tenant { id } } } }`,
  )
  const acme = made.data?.createTenant.tenant.id ?? ''
  const admin = await createKey(origin, { tenantId: acme, role: 'ADMIN' })
  const own = await createKey(origin, { token: admin.secret, name: 'own' })
  const foreign = await createKey(origin, { name: 'foreign' })
  const { secret: token } = admin

  for (const change of ['revokeApiKey', 'rotateApiKey', 'updateApiKey'] as const) {
    const outcome = await changeKey(origin, change, { token, id: foreign.id })
    expect(outcome.__typename).toBe('NotFoundError')
  }
  const elsewhere = { name: 'x', tenantId: await tenantId(origin) }
  expect((await tryCreateKey(origin, elsewhere, token)).__typename).toBe('NotFoundError')

  const seen = await ask(
    origin,
    `query ($foreign: ID!) { node(id: $foreign) { id } tenants { slug apiKeys { totalCount } }
      apiKeys { totalCount edges { node { id } } } auditLog { edges { node { action } } } }`,
    { token, variables: { foreign: foreign.id } },
  )
  expect(seen.data).toEqual({
    node: null,
    tenants: [{ slug: 'acme', apiKeys: { totalCount: 2 } }],
    apiKeys: { totalCount: 2, edges: [{ node: { id: own.id } }, { node: { id: admin.id } }] },
    auditLog: {
      edges: [
        { node: { action: 'createApiKey' } },
        { node: { action: 'createApiKey' } },
        { node: { action: 'createTenant' } },
      ],
    },
  })
  const [audit] = await sql<{ all: string }>(
    database.url,
    `select string_agg(audit_event::text, ' ') as all from audit_event`,
  )
  const hashes = await sql<{ hash: string }>(
    database.url,
    'select secret_hash as hash from api_key where secret_hash is not null',
  )
  const all = audit?.all
  expect(all).toContain('createTenant')
  for (const secret of [admin, own, foreign].map((key) => key.secret.slice(-43)))
    expect(all).not.toContain(secret)
  for (const { hash } of hashes) expect(all).not.toContain(hash)
})
