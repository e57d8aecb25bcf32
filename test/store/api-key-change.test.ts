import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiKeys } from '#store/api-keys.ts'
import { by, codeOf, type KeyDesk, openKeyDesk } from '../support/key-desk.ts'
import { sql } from '../support/store.ts'

let desk: KeyDesk
let keys: ApiKeys
beforeAll(async () => {
  desk = await openKeyDesk()
  keys = desk.keys
})
afterAll(() => desk.close())

it('each change has its row, with the state before and after; a refused one has none', async () => {
  const maker = desk.acmeAdmin({ apiKeyId: randomUUID(), displayName: 'Ada' })
  const { apiKey } = await keys.create(desk.wanted(), by(maker))
  await keys.update(apiKey.id, { patch: { role: 'VIEWER' }, by: by(maker) })
  await codeOf(keys.update(apiKey.id, { patch: { name: ' x' }, by: by(maker) }))
  await keys.revoke(apiKey.id, by(maker))
  const events = await sql(
    desk.url,
    `select actor, action, ip, tenant_id as tenant, before ->> 'role' as before, after ->> 'role' as after
     from audit_event where target = $1 order by id`,
    [`ApiKey:${apiKey.id}`],
  )
  const common = { actor: `Ada (${maker.apiKeyId})`, ip: '10.0.0.1', tenant: desk.acme }
  expect(events).toEqual([
    { ...common, action: 'createApiKey', before: null, after: 'CALLER' },
    { ...common, action: 'updateApiKey', before: 'CALLER', after: 'VIEWER' },
    { ...common, action: 'revokeApiKey', before: 'VIEWER', after: 'VIEWER' },
  ])
})

it('changes that are made at once are made one after another', async () => {
  const { apiKey } = await keys.create(desk.wanted(), by())
  const rotate = () => keys.rotate(apiKey.id, { graceSeconds: 60, by: by() })
  await Promise.all([rotate(), rotate(), rotate()])
  const hashes = await sql<{ now: string; before: string }>(
    desk.url,
    'select secret_hash as now, previous_secret_hash as before from api_key where id = $1',
    [apiKey.id],
  )
  expect(hashes[0]?.now).not.toBe(hashes[0]?.before)
  const events = await sql(desk.url, 'select from audit_event where target = $1', [
    `ApiKey:${apiKey.id}`,
  ])
  expect(events).toHaveLength(4)
})
