import { appendFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { createAllowance, totalsOf } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { openingOf } from '#test/support/request-record.ts'
import {
  callAt,
  costing,
  openRecords,
  roadTo,
  sql,
  testEpochMs,
  testFolder,
} from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const statuses = async (calls: readonly RequestRecord[]) =>
  await sql(
    database.url,
    'select status, cost_total::int as cost from request where id = any($1) order by id',
    [calls.map(({ id }) => id)],
  )

const opening = (call: RequestRecord) => [openingOf(call), call.attempts[0]!] as const
const spoolSize = async (folder: string) => (await stat(join(folder, 'calls.spool'))).size

describe('records while Postgres is away', () => {
  it('takes calls on the local disk, and brings them to Postgres in order when it is back', async () => {
    const road = await roadTo(database.url)
    const { records, clock, spoolFolder } = await openRecords(road.url)
    const calls = Array.from({ length: 200 }, (_, index) => costing(BigInt(index)))
    await Promise.all(calls.slice(0, 100).map((call) => records.begin(...opening(call))))
    await road.close()
    await Promise.all(calls.slice(0, 50).map((call) => records.end(call)))
    await Promise.all(calls.slice(100).map((call) => records.begin(...opening(call))))
    await Promise.all(calls.slice(50, 150).map((call) => records.end(call)))
    expect(records.state()).toBe('spooling')
    expect(await spoolSize(spoolFolder)).toBeGreaterThan(1000)
    await road.open()
    clock.advance(500)
    await expect.poll(() => records.state()).toBe('connected')
    await Promise.all(calls.slice(150).map((call) => records.end(call)))
    expect(await statuses(calls)).toEqual(
      calls.map((_, index) => ({ status: 'SUCCEEDED', cost: index })),
    )
    expect(await spoolSize(spoolFolder)).toBe(0)
  })

  it('counts under a budget that only tells, whenever the call ends', async () => {
    const road = await roadTo(database.url)
    const { records, clock } = await openRecords(road.url)
    const budget = await createAllowance(database.url, { action: 'NOTIFY' })
    const demand = { inputTokens: 1, outputTokens: 1, leastOutputTokens: 1, price: undefined }
    const ran = async (call: RequestRecord) => {
      const asked = { allowances: [budget], demand, cancellation: new Cancellation() }
      const { windows } = await records.begin(...opening(call), asked)
      return () =>
        records.end({ ...call, attempts: call.attempts.map((each) => ({ ...each, windows })) })
    }
    const endsBefore = await ran(costing(1n))
    await endsBefore()
    await road.close()
    const [endsThen, endsLate] = [await ran(costing(20n)), await ran(costing(300n))]
    await endsThen()
    await road.open()
    clock.advance(500)
    await expect.poll(() => records.state()).toBe('connected')
    await endsLate()
    expect(await totalsOf(database.url, budget)).toMatchObject({ spent: 321n, held: 0n })
  })

  it('does not hang on a server that was stopped', async () => {
    const road = await roadTo(database.url)
    const { records, clock } = await openRecords(road.url, { timeoutMs: 100 })
    const call = costing(3n)
    await records.begin(...opening(call))
    road.stall()
    await records.end(call)
    expect(records.state()).toBe('spooling')
    await road.close()
    await road.open()
    await expect.poll(() => (clock.advance(500), records.state())).toBe('connected')
    expect(await statuses([call])).toEqual([{ status: 'SUCCEEDED', cost: 3 }])
  })

  it('serves from the start without Postgres, and brings what it took when it comes', async () => {
    const road = await roadTo(database.url)
    await road.close()
    const { records, clock, log } = await openRecords(road.url)
    const call = costing(4n)
    await records.begin(...opening(call))
    await records.end(call)
    expect(log.lines[0]).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('Postgres is away'),
    })
    await road.open()
    await expect.poll(() => (clock.advance(500), records.state())).toBe('connected')
    expect(await statuses([call])).toEqual([{ status: 'SUCCEEDED', cost: 4 }])
  })

  it('brings what a process that died had left, without its torn last line, and settles what that began', async () => {
    const road = await roadTo(database.url)
    const spoolFolder = testFolder()
    const dying = await openRecords(road.url, { spoolFolder })
    const [ended, open] = [costing(5n), callAt(testEpochMs)]
    await road.close()
    await dying.records.begin(...opening(ended))
    await dying.records.end(ended)
    await dying.records.begin(...opening(open))
    await appendFile(join(spoolFolder, 'calls.spool'), 'end\t{"tenant_id":"0000')
    await openRecords(database.url, { spoolFolder, soleReplica: true })
    expect(await statuses([ended, open])).toEqual([
      { status: 'SUCCEEDED', cost: 5 },
      { status: 'FAILED', cost: 10_000 },
    ])
  })

  it('refuses calls that begin when the spool is full, and still takes the ends of those that have begun', async () => {
    const road = await roadTo(database.url)
    const { records } = await openRecords(road.url, { maxSpoolBytes: 20_000 })
    await road.close()
    const begun: RequestRecord[] = []
    let refusal: unknown
    while (!refusal && begun.length < 100) {
      const call = costing(1n)
      await records.begin(...opening(call)).then(
        () => begun.push(call),
        (error: unknown) => (refusal = error),
      )
    }
    expect(refusal).toMatchObject({ code: 'OVERLOADED', status: 503 })
    expect(records.state()).toBe('full')
    await expect(records.end(begun[0]!)).resolves.toBeUndefined()
  })

  it('keeps an end in memory when the disk takes nothing either, and writes it when Postgres is back', async () => {
    const road = await roadTo(database.url)
    const { records, clock } = await openRecords(road.url, { maxSpoolBytes: 100 })
    const calls = [costing(6n), costing(7n)]
    for (const call of calls) await records.begin(...opening(call))
    await road.close()
    for (const call of calls)
      await expect(records.end(call)).rejects.toMatchObject({ code: 'OVERLOADED' })
    await road.open()
    await expect.poll(() => (clock.advance(500), records.state())).toBe('connected')
    await records.flush()
    expect(await statuses(calls)).toEqual([
      { status: 'SUCCEEDED', cost: 6 },
      { status: 'SUCCEEDED', cost: 7 },
    ])
  })

  it('writes rows that Postgres takes in no form to a file of their own', async () => {
    const { records, spoolFolder } = await openRecords(database.url)
    await expect(records.end(costing(2n ** 70n))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await readFile(join(spoolFolder, 'rejected.jsonl'), 'utf8')).toContain(String(2n ** 70n))
  })
})
