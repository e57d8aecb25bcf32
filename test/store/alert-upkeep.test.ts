import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import {
  type AlertedAllowance,
  circuitOpenedAlert,
  crossingAlert,
  overageAlert,
  providerDownAlert,
  providerRecoveredAlert,
  unpricedAlert,
} from '#domain/alert.ts'
import { keepAlerts } from '#store/alert-upkeep.ts'
import { raiseAlert } from '#store/alerts.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'

let database: TestDatabase
let connection: Connection
let budget: AlertedAllowance

beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
beforeEach(async () => {
  await sql(database.url, 'truncate alert, allowance_window, allowance cascade')
  const made = await createAllowance(database.url, { limit: 100n, thresholds: [0.5, 0.8, 1] })
  budget = { ...made, spent: 85n }
  await sql(
    database.url,
    `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, spent, ceiling, notified)
     values ($1, $2, 'TICKS', now() - interval '1 day', now() + interval '1 day', 85, 100, 0.8)`,
    [budget.id, defaultTenantId],
  )
})
afterAll(async () => {
  await connection.close()
  await database.drop()
})

const keep = (isPriced = (_model: string) => false) =>
  keepAlerts(connection, { isPriced, hasProvider: (name) => name !== 'gone' })
const openKeys = async () => {
  const rows = await sql<{ key: string }>(
    database.url,
    'select subject_key as key from alert where resolved_at is null order by subject_key',
  )
  return rows.map(({ key }) => key.replace(budget.id, 'b'))
}
const crossed = (share: number) => raiseAlert(connection, [crossingAlert(budget, share)!])
const change = (what: string) => sql(database.url, `update ${what}`)
const notified = async () =>
  (await sql<{ notified: number }>(database.url, 'select notified from allowance_window'))[0]

describe('an alert about a budget', () => {
  it('stays open while its threshold is crossed', async () => {
    await crossed(0.5)
    await crossed(0.8)
    await keep()
    expect(await openKeys()).toEqual(['b/0.5', 'b/0.8'])
    expect(await notified()).toEqual({ notified: 0.8 })
  })

  it('is resolved, and can be opened again, when its limit was raised far enough', async () => {
    await crossed(0.5)
    await crossed(0.8)
    await change('allowance set amount = 120')
    await keep()
    expect(await openKeys()).toEqual(['b/0.5'])
    expect(await notified()).toEqual({ notified: 0.5 })
  })

  it('stays open within 5 % of its threshold', async () => {
    await crossed(0.8)
    await change('allowance set amount = 110')
    await keep()
    expect(await openKeys()).toEqual(['b/0.8'])
    expect(await notified()).toEqual({ notified: 0.8 })
  })

  it.each([
    'allowance set paused = true',
    'allowance set deleted_at = now()',
    'allowance_window set spent = 0',
  ])('is resolved after: %s', async (what) => {
    await crossed(0.8)
    await change(what)
    await keep()
    expect(await openKeys()).toEqual([])
  })

  it('is resolved some minutes after its period has ended', async () => {
    await crossed(1)
    await change(`allowance_window set ends_at = now() - interval '1 second'`)
    await keep()
    expect(await openKeys()).toEqual(['b'])
    await change(`alert set last_seen_at = now() - interval '6 minutes'`)
    await keep()
    expect(await openKeys()).toEqual([])
  })

  it('and a call above its hold stays open to the end of the period', async () => {
    await raiseAlert(connection, [overageAlert(budget, { model: 'openai:m', above: 1n })])
    await change('allowance set amount = 1000000')
    await keep()
    expect(await openKeys()).toEqual(['b/overage'])
  })
})

describe('an alert about a model without a price', () => {
  it('is resolved when it has one', async () => {
    await raiseAlert(connection, [
      unpricedAlert(defaultTenantId, 'openai:a'),
      unpricedAlert(defaultTenantId, 'openai:b'),
    ])
    await keep((model) => model === 'openai:a')
    expect(await openKeys()).toEqual(['openai:b'])
  })
})

describe('an alert about a provider', () => {
  const age = (seconds: number) =>
    sql(database.url, 'update alert set last_seen_at = now() - make_interval(secs => $1)', [
      seconds,
    ])

  it('is resolved when no replica says any more that the circuit is open', async () => {
    const state = (name: string, circuit: string) =>
      sql(
        database.url,
        `insert into target_state (name, provider_name, circuit, health) values ($1, 'openai', $2, '{}')`,
        [name, JSON.stringify({ state: circuit })],
      )
    const names = ['openai:closed', 'openai:gone', 'openai:open']
    await raiseAlert(
      connection,
      names.map((name) => circuitOpenedAlert(defaultTenantId, name)),
    )
    await state('openai:open', 'OPEN')
    await state('openai:closed', 'CLOSED')
    await keep()
    expect(await openKeys()).toEqual(names)
    await age(31)
    await keep()
    expect(await openKeys()).toEqual(['openai:open'])
  })

  it('is resolved when the provider is not configured any more', async () => {
    const down = (providerName: string) =>
      providerDownAlert(defaultTenantId, { providerName, reason: null })
    await raiseAlert(connection, [
      down('gone'),
      down('openai'),
      circuitOpenedAlert(defaultTenantId, 'gone:model:free'),
    ])
    await keep()
    expect(await openKeys()).toEqual(['openai'])
  })

  it('is resolved when somebody has disabled the provider', async () => {
    const reason = null
    await raiseAlert(connection, [
      providerDownAlert(defaultTenantId, { providerName: 'openai', reason }),
      providerDownAlert(defaultTenantId, { providerName: 'xai', reason }),
    ])
    await sql(
      database.url,
      `insert into provider_control (provider_name, override, actor)
       values ('openai', 'FORCE_DISABLED', 'test'), ('xai', 'FORCE_ENABLED', 'test')`,
    )
    await keep()
    expect(await openKeys()).toEqual(['xai'])
  })

  it('that works again is resolved after an hour', async () => {
    await raiseAlert(connection, [
      providerRecoveredAlert(defaultTenantId, 'openai'),
      providerDownAlert(defaultTenantId, { providerName: 'xai', reason: null }),
    ])
    await age(3599)
    await keep()
    expect(await openKeys()).toEqual(['openai', 'xai'])
    await age(3601)
    await keep()
    expect(await openKeys()).toEqual(['xai'])
  })
})

it('one replica at a time looks after alerts', async () => {
  const other = openConnection(database.url)
  await crossed(0.8)
  await change('allowance set deleted_at = now()')
  await other.query({ text: 'begin' })
  await other.query({ text: 'select pg_advisory_xact_lock(7265144802)' })
  await keep()
  expect(await openKeys()).toEqual(['b/0.8'])
  await other.query({ text: 'commit' })
  await keep()
  expect(await openKeys()).toEqual([])
  await other.close()
})
