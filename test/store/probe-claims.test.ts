import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Connection, openConnection } from '#store/connection.ts'
import { claimProbes } from '#store/probe-claims.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'

let database: TestDatabase
let here: Connection
let there: Connection

beforeAll(async () => {
  database = await createDatabase()
  ;[here, there] = [openConnection(database.url), openConnection(database.url)]
})
beforeEach(() => sql(database.url, 'truncate provider_probe'))
afterAll(async () => {
  await Promise.all([here.close(), there.close()])
  await database.drop()
})

const none = { proven: [], idle: [], troubled: [] }
const later = (column: string, seconds: number) =>
  sql(database.url, `update provider_probe set ${column} = ${column} - make_interval(secs => $1)`, [
    seconds,
  ])

describe('a check', () => {
  it('is given to one of those who ask at once', async () => {
    const asked = { ...none, idle: ['openai', 'xai'] }
    const shares = await Promise.all([claimProbes(here, asked), claimProbes(there, asked)])
    expect(shares.flat().toSorted()).toEqual(['openai', 'xai'])
  })

  it('is not given again before its time', async () => {
    const asked = { ...none, idle: ['openai'] }
    expect(await claimProbes(here, asked)).toEqual(['openai'])
    expect(await claimProbes(there, asked)).toEqual([])
    await later('claimed_at', 11)
    expect(await claimProbes(there, asked)).toEqual(['openai'])
  })

  it('is needless while calls tell enough on any replica, unless something is broken', async () => {
    await claimProbes(here, { ...none, proven: ['openai'] })
    expect(await claimProbes(there, { ...none, idle: ['openai'] })).toEqual([])
    const broken = { ...none, idle: ['openai'], troubled: ['openai'] }
    expect(await claimProbes(there, broken)).toEqual(['openai'])
    await later('proven_at', 31)
    await later('claimed_at', 11)
    expect(await claimProbes(there, { ...none, idle: ['openai'] })).toEqual(['openai'])
  })
})
