import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { KeptTarget, TargetChange } from '#domain/kept-target.ts'
import { enabled } from '#domain/target-health.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { forgetTargets, readTargets, writeTargets } from '#store/target-shelf.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'

let database: TestDatabase
let connection: Connection

beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
beforeEach(() => sql(database.url, 'truncate target_state, alert'))
afterAll(async () => {
  await connection.close()
  await database.drop()
})

const open: KeptTarget = {
  circuit: {
    state: 'OPEN',
    openedAt: 1_790_000_000_000.25,
    retryAt: 1_790_000_015_000,
    openMs: 15_000,
  },
  health: enabled,
}
const disabled: KeptTarget = {
  circuit: { state: 'CLOSED' },
  health: { state: 'DISABLED', since: 1, failures: 10, successes: 0 },
}
const change = (name: string, kept: KeptTarget | null, opened = 0): TargetChange => ({
  name,
  providerName: name.split(':')[0] ?? '',
  kept,
  opened,
})
const write = (...changes: TargetChange[]) =>
  writeTargets(connection, changes, (name) => name === 'simulator')
const alerts = () =>
  sql(
    database.url,
    `select subject, count, resolved_at is null as open from alert where kind = 'CIRCUIT_OPENED' order by subject`,
  )

describe('targets that are not well', () => {
  it('are read as they were written', async () => {
    await write(change('openai:a', open), change('xai:b', disabled))
    expect(await readTargets(connection)).toEqual([
      { name: 'openai:a', providerName: 'openai', ...open },
      { name: 'xai:b', providerName: 'xai', ...disabled },
    ])
    await write(change('openai:a', disabled), change('xai:b', null), change('xai:c', null))
    expect(await readTargets(connection)).toEqual([
      { name: 'openai:a', providerName: 'openai', ...disabled },
    ])
  })

  it('are forgotten when nobody has called them for a week', async () => {
    await write(change('openai:a', open), change('xai:b', disabled))
    await sql(
      database.url,
      `update target_state set updated_at = now() - interval '8 days' where name = 'xai:b'`,
    )
    await forgetTargets(connection)
    expect(await readTargets(connection)).toMatchObject([{ name: 'openai:a' }])
  })
})

describe('an alert about a circuit', () => {
  it('is opened once, counted and resolved', async () => {
    await write(change('openai:a', open, 1))
    await write(change('openai:a', open, 2), change('xai:b', disabled))
    expect(await alerts()).toEqual([{ subject: 'openai:a', count: 3, open: true }])
    await write(change('openai:a', null))
    expect(await alerts()).toEqual([{ subject: 'openai:a', count: 3, open: false }])
  })

  it('is not raised for the simulator', async () => {
    await write(change('simulator:fails', open, 1))
    expect(await alerts()).toEqual([])
  })
})
