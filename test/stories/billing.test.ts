import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { runningDatabase } from '#store/embedded-postgres/running-database.ts'
import { breachesOf, createAllowance, totalsOf } from '../support/allowances.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'
import { type Entry, type Held, readBooks, readHolds, readTotal } from './billing-books.ts'
import { dice, mixedVisit, type Visit, visit } from './billing-caller.ts'
import { type BillingProvider, startBillingProvider } from './billing-provider.ts'

const calls = 5000
const atOnce = 48
const rounds = 20
const inFlightAtEachKill = 300
const callsBeforeKill = 60

/** Every failure is one attempt and reaches its caller: the books of a call that is tried again are looked at in test/faults. */
const asItComes = `version: 1
providers: {openai: {type: openai}}
defaults: {retries: {max: 0}, breaker: false, health: false, cool_down: false}
`

describe("the provider's bill and the gateway's books", () => {
  let provider: BillingProvider
  let folder: ServerFolder
  let server: RunningServer
  let rows: readonly Entry[]
  let entries: ReadonlyMap<string, Entry>
  let budget: Allowance
  let parallel: Allowance
  let holds: ReadonlyMap<string, Held>
  const visits: Visit[] = []
  const inFlightAtAKill = new Set<string>()

  beforeAll(async () => {
    provider = await startBillingProvider()
    folder = serverFolder()
    writeFileSync(folder.env.PROVIDERS_YAML ?? '', asItComes)
    server = await start()
    budget = await createAllowance(databaseUrl(), { limit: 10n ** 15n, period: 'TOTAL' })
    parallel = await createAllowance(databaseUrl(), {
      kind: 'QUOTA',
      unit: 'CONCURRENT_REQUESTS',
      limit: 10_000n,
      period: 'TOTAL',
    })
    await server.stop('SIGKILL')
    server = await start()
    await callMany(calls, dice(1))
    for (let round = 0; round < rounds; round++) await callAndKill(round)
    rows = await readBooks(server.origin)
    entries = new Map(rows.map((entry) => [entry.id, entry]))
    holds = await readHolds(databaseUrl(), budget)
  }, 300_000)

  afterAll(async () => {
    await server?.stop()
    await provider?.close()
    folder?.remove()
  })

  const start = () =>
    startServer({ ...folder.env, OPENAI_API_KEY: 'test', OPENAI_BASE_URL: provider.baseUrl })

  const databaseUrl = () => runningDatabase(join(folder.path, 'data'))!

  async function callMany(count: number, roll: (below: number) => number): Promise<void> {
    let started = 0
    const lane = async () => {
      while (started < count) {
        started++
        await call(roll)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
  }

  async function call(roll: (below: number) => number): Promise<void> {
    const asked = mixedVisit(`call-${visits.length}`, roll)
    visits.push(asked)
    inFlight.add(asked.script.id)
    await visit(server.origin, asked)
    inFlight.delete(asked.script.id)
  }

  const inFlight = new Set<string>()

  async function callAndKill(round: number): Promise<void> {
    const roll = dice(1000 + round)
    const killed = Promise.withResolvers<void>()
    const callsBefore = callsBeforeKill + roll(200)
    let finished = 0
    let running = true
    const lane = async () => {
      while (running) {
        await call(roll)
        if (++finished === callsBefore) killed.resolve()
      }
    }
    const lanes = Array.from({ length: inFlightAtEachKill }, lane)
    await killed.promise
    for (const id of inFlight) inFlightAtAKill.add(id)
    running = false
    await server.stop('SIGKILL')
    await Promise.all(lanes)
    server = await start()
  }

  const disturbed = (asked: Visit) =>
    asked.leavesAfterMs !== undefined ||
    asked.script.behaviour === 'cut' ||
    inFlightAtAKill.has(asked.script.id)

  it('agree to the tick wherever the gateway does not flag its own count', () => {
    const wrong: unknown[] = []
    for (const [id, billed] of provider.bill) {
      const entry = entries.get(id)
      if (!entry || (!entry.estimated && entry.ticks !== billed)) wrong.push({ id, billed, entry })
    }
    expect(wrong).toEqual([])
    expect(provider.bill.size).toBeGreaterThan(calls / 2)
  })

  it('have no charge that the provider knows nothing of', () => {
    const invented = rows.filter(
      (entry) =>
        entry.ticks !== null &&
        entry.ticks > 0n &&
        !entry.estimated &&
        !provider.bill.has(entry.id),
    )
    expect(invented).toEqual([])
  })

  it('hold each call once, and nothing is left in progress', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids.length).toBe(new Set(ids).size)
    expect(rows.filter(({ status }) => status === 'IN_PROGRESS')).toEqual([])
    expect([...provider.received.values()].filter((times) => times > 1)).toEqual([])
  })

  it('flag only calls that were cut, cancelled or in flight at a kill', () => {
    const flagged = visits.filter(({ script }) => entries.get(script.id)?.estimated)
    expect(flagged.filter((asked) => !disturbed(asked))).toEqual([])
    const killed = flagged.filter(({ script }) => inFlightAtAKill.has(script.id))
    expect(killed.length).toBeGreaterThan(rounds * 10)
    expect(inFlightAtAKill.size).toBeGreaterThan((rounds * inFlightAtEachKill) / 2)
  })

  it('bound each bill from above, and never exceed what was set aside for it', () => {
    const outside = visits.filter(({ script: { id } }) => {
      const recorded = entries.get(id)?.ticks ?? 0n
      return (provider.bill.get(id) ?? 0n) > recorded || recorded > (holds.get(id)?.ticks ?? 0n)
    })
    expect(
      outside.map(({ script }) => [
        script,
        entries.get(script.id),
        provider.bill.get(script.id),
        holds.get(script.id),
      ]),
    ).toEqual([])
  })

  it('charge a call that nobody saw the end of what was set aside for it', () => {
    const lost = visits.filter(({ script }) => holds.get(script.id)?.lost)
    const holdOf = ({ script }: Visit) => holds.get(script.id)?.ticks
    expect(lost.filter((asked) => entries.get(asked.script.id)?.ticks !== holdOf(asked))).toEqual(
      [],
    )
    // Of a caller who had left, the call may still have been under way.
    const watched = lost.filter(({ leavesAfterMs }) => leavesAfterMs === undefined)
    expect(watched.filter(({ script }) => !inFlightAtAKill.has(script.id))).toEqual([])
    expect(watched.length).toBeGreaterThan(rounds * 10)
  })

  it('leave nothing set aside, and every allowance as its ledger has it', async () => {
    const spent = rows.reduce((total, { ticks }) => total + (ticks ?? 0n), 0n)
    expect(await totalsOf(databaseUrl(), budget)).toEqual({ spent, held: 0n, overage: 0n })
    expect(await totalsOf(databaseUrl(), parallel)).toEqual({ spent: 0n, held: 0n, overage: 0n })
    expect(await breachesOf(databaseUrl())).toEqual([])
    expect(holds.size).toBeGreaterThan(calls)
  })

  it('show in the roll-ups the sum of their rows', async () => {
    const sum = rows.reduce((total, { ticks }) => total + (ticks ?? 0n), 0n)
    expect(await readTotal(server.origin)).toBe(sum)
  })
})
