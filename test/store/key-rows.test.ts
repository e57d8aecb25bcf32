import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import type { ApiKeys } from '#store/api-keys.ts'
import { bootstrapKeyId } from '#store/bootstrap-key.ts'
import { by, type KeyDesk, openKeyDesk } from '../support/key-desk.ts'
import { sql } from '../support/store.ts'

let desk: KeyDesk
let keys: ApiKeys
beforeAll(async () => {
  desk = await openKeyDesk()
  keys = desk.keys
})
afterAll(() => desk.close())

it('an administrator’s key is one that can manage the installation, now', async () => {
  const has = () => desk.rows.hasAdministrator()
  await keys.create(desk.wanted({ role: 'ADMIN' }), by())
  expect(await has()).toBe(false)
  const { apiKey } = await keys.create(
    desk.wanted({ tenantId: defaultTenantId, role: 'ADMIN' }),
    by(),
  )
  expect(await has()).toBe(true)
  await keys.revoke(apiKey.id, by())
  expect(await has()).toBe(false)
})

it('the use of keys is written for many at once', async () => {
  const { apiKey } = await keys.create(desk.wanted(), by())
  await desk.rows.touch([apiKey.id, bootstrapKeyId])
  const used = await sql(
    desk.url,
    `select from api_key where id = any($1) and last_used_at > now() - interval '1 minute'`,
    [[apiKey.id, bootstrapKeyId]],
  )
  expect(used).toHaveLength(2)
})
