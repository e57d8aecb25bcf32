import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenantId, type Viewer } from '#domain/access.ts'
import type { NewApiKey } from '#domain/access-input.ts'
import { parseKeyToken } from '#domain/api-key.ts'
import type { ApiKeys } from '#store/api-keys.ts'
import { bootstrapKeyId } from '#store/bootstrap-key.ts'
import { by, codeOf, type KeyDesk, openKeyDesk } from '../support/key-desk.ts'
import { sql } from '../support/store.ts'

let desk: KeyDesk
let keys: ApiKeys
beforeAll(async () => {
  desk = await openKeyDesk()
  keys = desk.keys
})
afterAll(() => desk.close())

describe('a new key', () => {
  it('is stored as a hash of what is shown once', async () => {
    const { apiKey, secret } = await keys.create(desk.wanted({ projectId: desk.project }), by())
    const { row, hash } = await desk.stored(secret)
    expect(row).toMatchObject({ id: apiKey.id, secretHash: hash, projectId: desk.project })
    const [all] = await sql<{ text: string }>(
      desk.url,
      'select api_key::text as text from api_key where id = $1',
      [apiKey.id],
    )
    expect(all?.text).not.toContain(parseKeyToken(secret)?.secret)
  })

  it.each<[string, () => NewApiKey, string]>([
    ['of a tenant that is not', () => desk.wanted({ tenantId: randomUUID() }), 'NOT_FOUND'],
    ['of a project that is not', () => desk.wanted({ projectId: randomUUID() }), 'NOT_FOUND'],
    [
      'of another tenant’s project',
      () => desk.wanted({ tenantId: defaultTenantId, projectId: desk.project }),
      'NOT_FOUND',
    ],
    ['without a name', () => desk.wanted({ name: '' }), 'INVALID_REQUEST'],
    [
      'that has expired already',
      () => desk.wanted({ expiresAt: Date.now() - 1000 }),
      'INVALID_REQUEST',
    ],
    ['for a model without a name', () => desk.wanted({ allowedModels: [''] }), 'INVALID_REQUEST'],
  ])('%s is refused', async (_sentence, given, code) => {
    expect(await codeOf(keys.create(given(), by()))).toBe(code)
  })

  it('is refused by a replica whose secret is not the installation’s', async () => {
    expect(await codeOf(desk.foreign.create(desk.wanted(), by()))).toBe('OVERLOADED')
  })
})

describe('nobody gets more than they have', () => {
  const lesser = () => desk.acmeAdmin({ scopes: new Set(['read', 'complete', 'manage-keys']) })

  it.each<[string, () => Viewer, (id: string, viewer: Viewer) => Promise<unknown>]>([
    [
      'by making a key',
      lesser,
      (_id, viewer) => keys.create(desk.wanted({ role: 'ADMIN' }), by(viewer)),
    ],
    [
      'by changing a key',
      lesser,
      (id, viewer) => keys.update(id, { patch: { role: 'ADMIN' }, by: by(viewer) }),
    ],
    [
      'by changing its own project’s key to all models',
      () => desk.acmeAdmin({ allowedModels: ['a:*'] }),
      (id, viewer) => keys.update(id, { patch: { allowedModels: [] }, by: by(viewer) }),
    ],
    [
      'by leaving its project',
      () => desk.acmeAdmin({ projectId: desk.project }),
      (_id, viewer) => keys.create(desk.wanted(), by(viewer)),
    ],
    [
      'without the scope',
      () => desk.acmeAdmin({ scopes: new Set(['read', 'complete', 'manage-config']) }),
      (id, viewer) => keys.revoke(id, by(viewer)),
    ],
  ])('%s', async (_sentence, maker, change) => {
    const { apiKey } = await keys.create(desk.wanted(), by())
    expect(await codeOf(change(apiKey.id, maker()))).toBe('FORBIDDEN')
  })

  it('by rotating a key that can do more: its secret would be theirs', async () => {
    const { apiKey, secret } = await keys.create(desk.wanted({ role: 'ADMIN' }), by())
    const rotation = keys.rotate(apiKey.id, { graceSeconds: 0, by: by(lesser()) })
    expect(await codeOf(rotation)).toBe('FORBIDDEN')
    const { row, hash } = await desk.stored(secret)
    expect(row?.secretHash).toBe(hash)
  })

  it('and another tenant’s key is not there', async () => {
    const { apiKey } = await keys.create(desk.wanted({ tenantId: defaultTenantId }), by())
    const admin = by(desk.acmeAdmin())
    const codes = await Promise.all([
      codeOf(keys.revoke(apiKey.id, admin)),
      codeOf(keys.rotate(apiKey.id, { graceSeconds: 0, by: admin })),
      codeOf(keys.update(apiKey.id, { patch: { name: 'mine' }, by: admin })),
    ])
    expect(codes).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'])
  })
})

describe('rotation', () => {
  it('keeps the secret before for the grace, by the database’s clock', async () => {
    const { apiKey, secret } = await keys.create(desk.wanted(), by())
    const before = await desk.stored(secret)
    const rotated = await keys.rotate(apiKey.id, { graceSeconds: 60, by: by() })
    const { row, hash } = await desk.stored(rotated.secret)
    expect(row).toMatchObject({ secretHash: hash, previousSecretHash: before.hash })
    expect(row?.previousSecretForMs).toBeGreaterThan(50_000)
    expect(row?.previousSecretForMs).toBeLessThanOrEqual(60_000)
  })

  it('without a grace ends the secret before at once', async () => {
    const { apiKey } = await keys.create(desk.wanted(), by())
    const { secret } = await keys.rotate(apiKey.id, { graceSeconds: 0, by: by() })
    expect((await desk.stored(secret)).row?.previousSecretForMs).toBeLessThanOrEqual(0)
  })
})

it('a revoked key stays revoked, and nothing else about it changes', async () => {
  const { apiKey } = await keys.create(desk.wanted(), by())
  const first = await keys.revoke(apiKey.id, by())
  expect((await keys.revoke(apiKey.id, by())).revokedAt).toEqual(first.revokedAt)
  const rotation = keys.rotate(apiKey.id, { graceSeconds: 0, by: by() })
  expect(await codeOf(rotation)).toBe('INVALID_REQUEST')
  const update = keys.update(apiKey.id, { patch: { expiresAt: null }, by: by() })
  expect(await codeOf(update)).toBe('INVALID_REQUEST')
})

it('the key of ROUTER_AUTH_TOKEN is the environment’s alone', async () => {
  expect(await codeOf(keys.revoke(bootstrapKeyId, by()))).toBe('INVALID_REQUEST')
})
