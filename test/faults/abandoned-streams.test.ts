import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { breachesOf, createAllowance, totalsOf } from '../support/allowances.ts'
import { type PatientProvider, startPatientProvider } from '../support/patient-provider.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'
import { sql } from '../support/store.ts'
import {
  graphqlSocket,
  graphqlSse,
  lostSocket,
  restStream,
  restWhole,
  startedCompletion,
  type Surface,
} from '../support/stream-callers.ts'

const count = 1000
const atOnce = 100
const lostCount = 10

/** Where a caller leaves: `silent` calls before the head of their answer, the others in its middle. */
const ways: readonly (readonly [name: string, surface: Surface])[] = [
  ['stream', restStream],
  ['silent stream', restStream],
  ['whole', restWhole],
  ['sse', graphqlSse],
  ['silent sse', graphqlSse],
  ['socket', graphqlSocket],
  ['silent socket', graphqlSocket],
  ['started', startedCompletion],
]

describe('a thousand streams that are abandoned', { timeout: 60_000 }, () => {
  let provider: PatientProvider
  let database: TestDatabase
  let folder: ServerFolder
  let server: RunningServer
  let budget: Allowance
  let slots: Allowance
  const waits: number[] = []
  const lostWaits: number[] = []

  beforeAll(async () => {
    provider = await startPatientProvider()
    database = await createDatabase()
    budget = await createAllowance(database.url, { limit: 10n ** 15n })
    slots = await createAllowance(database.url, {
      kind: 'QUOTA',
      unit: 'CONCURRENT_REQUESTS',
      limit: 10_000n,
      period: 'TOTAL',
    })
    folder = serverFolder()
    server = await startServer({
      ...folder.env,
      DATABASE_URL: database.url,
      OPENAI_API_KEY: 'test',
      OPENAI_BASE_URL: provider.baseUrl,
    })
    const lost = Array.from({ length: lostCount }, (_, at) => abandon(`lost ${at}`, lostSocket))
    let next = 0
    const lane = async () => {
      while (next < count) {
        const [name, surface] = ways[next % ways.length]!
        waits.push(await abandon(`${name} ${next++}`, surface))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    lostWaits.push(...(await Promise.all(lost)))
  }, 120_000)

  afterAll(async () => {
    await server?.stop('SIGKILL')
    await provider?.close()
    await database?.drop()
    folder?.remove()
  })

  /** @returns How long after its caller had left the provider was left, in ms. */
  async function abandon(id: string, surface: Surface): Promise<number> {
    const caller = surface(server.origin, id)
    const refused = caller.text.then(() => Promise.reject(new Error(`${id} was refused`)))
    const { abandoned } = await Promise.race([provider.arrived(id), refused])
    refused.catch(() => {})
    if (!id.startsWith('silent')) await caller.begun
    let since = performance.now()
    const known = caller.leave()
    if (known) {
      await known
      since = performance.now()
    }
    return (await abandoned) - since
  }

  it('are aborted at the provider within 500 ms, 99 of 100 at least', () => {
    const sorted = waits.toSorted((a, b) => a - b)
    expect(sorted).toHaveLength(count)
    expect(sorted[Math.ceil(count * 0.99) - 1]).toBeLessThan(500)
  })

  it('are given ten seconds where only the socket was lost', () => {
    expect(lostWaits.filter((ms) => ms < 9500 || ms > 12_500)).toEqual([])
  })

  it('are all settled: written as cancelled, with nothing left that is held', async () => {
    await vi.waitFor(
      async () => {
        const statuses = await sql<{ status: string; count: string }>(
          database.url,
          'select status, count(*)::text as count from request group by status',
        )
        expect(statuses).toEqual([{ status: 'CANCELLED', count: `${count + lostCount}` }])
      },
      { timeout: 10_000 },
    )
    expect(await totalsOf(database.url, budget)).toMatchObject({ held: 0n })
    expect(await totalsOf(database.url, slots)).toMatchObject({ held: 0n })
    expect(await breachesOf(database.url)).toEqual([])
    expect(provider.working).toBe(0)
  })

  it('are charged what may have been billed', async () => {
    const uncharged = await sql(
      database.url,
      'select id from request where cost_total is null or cost_total <= 0',
    )
    expect(uncharged).toEqual([])
  })
})
