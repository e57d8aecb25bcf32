import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HealthState } from '#domain/health-score.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { dropOldTransitions, readStates, recordTransitions } from '#store/health-transitions.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'

let database: TestDatabase
let connection: Connection

beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
beforeEach(() => sql(database.url, 'truncate provider_transition, alert'))
afterAll(async () => {
  await connection.close()
  await database.drop()
})

const start = 1_790_000_000_000
const turn = (
  to: HealthState,
  at: number,
  over: Partial<HealthTransition> = {},
): HealthTransition => ({
  providerName: 'openai',
  from: 'UNKNOWN',
  to,
  reason: null,
  byHand: false,
  simulated: false,
  at: start + at,
  ...over,
})
const record = (...transitions: HealthTransition[]) => recordTransitions(connection, transitions)
const states = (from: number, to: number, name = 'openai') =>
  readStates(connection, name, { from: start + from, to: start + to })
const alerts = () =>
  sql(
    database.url,
    `select kind, severity, count, resolved_at is null as open from alert order by opened_at, kind`,
  )

describe('transitions', () => {
  it('are read for a range, with the state in which it begins', async () => {
    await record(turn('HEALTHY', 0), turn('DOWN', 100), turn('HEALTHY', 200))
    await record(turn('DOWN', 150, { providerName: 'xai' }))
    expect(await states(150, 1000)).toEqual([
      { state: 'DOWN', at: start + 100 },
      { state: 'HEALTHY', at: start + 200 },
    ])
    expect(await states(-100, 100)).toEqual([{ state: 'HEALTHY', at: start }])
    expect(await states(-100, 0)).toEqual([])
  })

  it('that several replicas see are written once', async () => {
    await record(turn('DOWN', 0))
    await record(turn('DOWN', 5), turn('HEALTHY', 10), turn('HEALTHY', 12))
    expect(await states(0, 100)).toMatchObject([{ state: 'DOWN' }, { state: 'HEALTHY' }])
  })

  it('are kept for 90 days, but the last one for as long as it holds', async () => {
    await record(turn('DOWN', 0), turn('HEALTHY', 1), turn('DOWN', 0, { providerName: 'xai' }))
    await sql(database.url, `update provider_transition set at = now() - interval '91 days'`)
    await dropOldTransitions(connection)
    const left = await sql(
      database.url,
      'select provider_name, to_state from provider_transition order by provider_name',
    )
    expect(left).toEqual([
      { provider_name: 'openai', to_state: 'HEALTHY' },
      { provider_name: 'xai', to_state: 'DOWN' },
    ])
  })
})

describe('an alert about a provider', () => {
  const down = { kind: 'PROVIDER_DOWN', severity: 'ERROR' }
  const recovered = { kind: 'PROVIDER_RECOVERED', severity: 'INFO' }

  it('is opened when it goes down, counted for each replica, and resolved when it recovers', async () => {
    await record(turn('DOWN', 0))
    await record(turn('DOWN', 1))
    expect(await alerts()).toEqual([{ ...down, count: 2, open: true }])
    await record(turn('DEGRADED', 2))
    await record(turn('HEALTHY', 3))
    expect(await alerts()).toEqual([
      { ...down, count: 2, open: false },
      { ...recovered, count: 1, open: true },
    ])
    await record(turn('DOWN', 4))
    expect(await alerts()).toMatchObject([
      { open: false },
      { ...recovered, open: false },
      { ...down, count: 1, open: true },
    ])
  })

  it('is opened when it is disabled by itself, and not when by hand', async () => {
    await record(turn('DISABLED', 0, { byHand: true }))
    expect(await alerts()).toEqual([])
    await record(turn('DISABLED', 1))
    expect(await alerts()).toMatchObject([{ ...down, open: true }])
    await record(turn('DISABLED', 2, { byHand: true }))
    expect(await alerts()).toMatchObject([{ ...down, open: false }])
  })

  it('stays open when nobody knows any more', async () => {
    await record(turn('DOWN', 0), turn('UNKNOWN', 1))
    expect(await alerts()).toMatchObject([{ ...down, open: true }])
  })

  it.each(['HEALTHY', 'UNKNOWN', 'DEGRADED'] as const)(
    'is not opened by a provider that is %s, nor by the simulator',
    async (to) => {
      await record(turn(to, 0), turn('DOWN', 1, { providerName: 'simulator', simulated: true }))
      expect(await alerts()).toEqual([])
    },
  )
})
