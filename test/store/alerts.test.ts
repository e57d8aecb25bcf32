import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { credentialAlert, unpricedAlert } from '#domain/alert.ts'
import { raiseAlert, resolveAlerts } from '#store/alerts.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'
import { createTenantRow } from '#test/support/tenants.ts'

let database: TestDatabase
let connection: Connection

beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
beforeEach(() => sql(database.url, 'delete from alert'))
afterAll(async () => {
  await connection.close()
  await database.drop()
})

const alerts = () =>
  sql<{ kind: string; subject_key: string; severity: string; count: number; open: boolean }>(
    database.url,
    'select kind, subject_key, severity, count, resolved_at is null as open from alert order by opened_at, id',
  )

const unpriced = unpricedAlert(defaultTenantId, 'openai:new-model')

describe('an alert', () => {
  it('is opened once and counted while it lasts', async () => {
    await raiseAlert(connection, [unpriced])
    await raiseAlert(connection, [unpriced, { ...unpriced, count: 40 }])

    expect(await alerts()).toEqual([
      {
        kind: 'UNPRICED_MODEL',
        subject_key: 'openai:new-model',
        severity: 'WARNING',
        count: 42,
        open: true,
      },
    ])
  })

  it('is a new one after it was resolved', async () => {
    await raiseAlert(connection, [unpriced])
    const subjectKeys = ['openai:new-model', 'openai:other']
    expect(await resolveAlerts(connection, { kind: 'UNPRICED_MODEL', subjectKeys })).toBe(1)
    expect(await resolveAlerts(connection, { kind: 'UNPRICED_MODEL', subjectKeys })).toBe(0)

    await raiseAlert(connection, [unpriced])

    expect((await alerts()).map(({ count, open }) => [count, open])).toEqual([
      [1, false],
      [1, true],
    ])
  })

  it('is of one tenant', async () => {
    const other = await createTenantRow(database.url)
    await raiseAlert(connection, [unpriced, unpricedAlert(other, 'openai:new-model')])
    const subjectKeys = ['openai:new-model']
    await resolveAlerts(connection, { kind: 'UNPRICED_MODEL', subjectKeys, tenantId: other })

    const open = await sql(database.url, 'select tenant_id from alert where resolved_at is null')
    expect(open).toEqual([{ tenant_id: defaultTenantId }])
  })

  it('stands and falls with the transaction that it was raised in', async () => {
    await connection.query({ text: 'begin' })
    await raiseAlert(connection, [unpriced])
    await connection.query({ text: 'rollback' })

    expect(await alerts()).toEqual([])
  })

  it('loses no count when many raise it at once', async () => {
    const connections = Array.from({ length: 6 }, () => openConnection(database.url))
    const credential = credentialAlert(defaultTenantId, {
      providerName: 'openai',
      code: 'PROVIDER_AUTH',
    })
    await Promise.all(
      connections.map((each, index) =>
        raiseAlert(each, index % 2 ? [unpriced, credential] : [credential, unpriced]),
      ),
    )
    await Promise.all(connections.map((each) => each.close()))

    expect((await alerts()).map(({ count, open }) => [count, open])).toEqual([
      [6, true],
      [6, true],
    ])
  })
})
