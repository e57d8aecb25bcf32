import { randomUUID } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { openInstallationSecret } from '#store/installation-secret.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { sql, testFolder } from '../support/store.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await createDatabase()
})
afterEach(() => database.drop())

const open = (folder: string, given?: string) =>
  openInstallationSecret({ folder, given, databaseUrl: database.url })

const storeKey = () =>
  sql(
    database.url,
    `insert into api_key (id, tenant_id, public_id, name, role, secret_hash) values ($1, $2, 'k', 'k', 'CALLER', 'hash')`,
    [randomUUID(), defaultTenantId],
  )

it('a secret is made once, and nobody else can read it', async () => {
  const folder = testFolder()
  const first = await open(folder)
  const file = join(folder, 'secret')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8').trim().length).toBe(43)
  expect((await open(folder)).fingerprint).toBe(first.fingerprint)
})

it('the secret that is given wins, and none is made', async () => {
  const given = 'g'.repeat(40)
  const [one, other] = [await open(testFolder(), given), await open(testFolder(), given)]
  expect(one.fingerprint).toBe(other.fingerprint)
})

it('keys of different purposes differ, and the fingerprint is none of them', async () => {
  const secret = await open(testFolder())
  const keys = ['api-key', 'session'].map((purpose) => secret.keyFor(purpose).toString('base64url'))
  expect(new Set([...keys, secret.fingerprint]).size).toBe(3)
})

it('while no key is stored, another secret is taken up', async () => {
  await open(testFolder())
  await open(testFolder())
  await storeKey()
  await expect(open(testFolder())).rejects.toThrow('ORCHESTRATOR_SECRET')
})

it('a database whose keys are of another secret is not served, and the message names the file', async () => {
  await open(testFolder())
  await storeKey()
  const folder = testFolder()
  await expect(open(folder)).rejects.toThrow(join(folder, 'secret'))
  await expect(open(folder, 'x'.repeat(40))).rejects.toThrow('ORCHESTRATOR_SECRET')
})

it('a damaged file is no secret', async () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'secret'), 'short')
  await expect(open(folder)).rejects.toThrow('damaged')
})
