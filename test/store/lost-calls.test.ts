import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openConnection } from '#store/connection.ts'
import { correctLostCalls } from '#store/lost-call-correction.ts'
import { finishLostCalls } from '#store/lost-calls.ts'
import { createReads } from '#store/reads.ts'
import type { RecordRow } from '#store/record-row.ts'
import { createRecordWriter } from '#store/record-writer.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, openingOf } from '#test/support/request-record.ts'
import {
  callAt,
  costing,
  type OpenedRecords,
  openRecords,
  sql,
  testEpochMs,
} from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const row = async (id: string) =>
  (await sql(database.url, 'select * from request where id = $1', [id]))[0]
const ledger = (id: string) =>
  sql(
    database.url,
    'select kind, ticks::int, estimated from ledger where request_id = $1 order by kind',
    [id],
  )

/** As if the replica had been killed half a minute ago. */
const kill = ({ replicaId }: OpenedRecords<unknown>) =>
  sql(
    database.url,
    `update replica set heartbeat_at = now() - interval '30 seconds' where id = $1`,
    [replicaId],
  )

/** The database counts its own start as a beat, and in tests it is young. */
const forget = ({ replicaId }: OpenedRecords<unknown>) =>
  sql(database.url, 'delete from replica where id = $1', [replicaId])

type Write = ReturnType<typeof createRecordWriter>

/** Finishes what the dead have left, over a connection of its own. */
function sweeper() {
  const replicaId = randomUUID()
  const connection = openConnection(database.url)
  onTestFinished(() => connection.close())
  const corrected = (rows: readonly RecordRow[]) => correctLostCalls(connection, rows)
  const write = createRecordWriter(connection, { corrected })
  return {
    sweep: (through: (write: Write) => Write = (same) => same) =>
      finishLostCalls(connection, { replicaId, now: testEpochMs, write: through(write) }),
  }
}

describe('the crash rule', () => {
  it('charges what a dead replica left open its hold, and says so', async () => {
    const dead = await openRecords(database.url)
    const call = callAt(testEpochMs)
    await dead.records.begin(openingOf(call), call.attempts[0]!)
    await forget(dead)
    const { log } = await openRecords(database.url)
    expect(await row(call.id)).toMatchObject({
      status: 'FAILED',
      lost: true,
      error_code: 'INTERNAL',
      error_message: expect.stringContaining('stopped while this call was running'),
      usage_source: 'ESTIMATED',
      cost_total: '10000',
      input_tokens: 100,
      output_tokens: 100,
      latency_ms: null,
    })
    expect(await ledger(call.id)).toEqual([{ kind: 'CHARGE', ticks: 10000, estimated: true }])
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: expect.stringContaining('charged their holds'),
    })
  })

  it('settles at once at the start of a replica that knows that it is alone', async () => {
    const dead = await openRecords(database.url)
    const call = callAt(testEpochMs)
    await dead.records.begin(openingOf(call), call.attempts[0]!)
    await openRecords(database.url, { soleReplica: true })
    expect(await row(call.id)).toMatchObject({ status: 'FAILED', lost: true })
  })

  it('leaves the calls of living replicas alone, and of those whose database has just come back', async () => {
    const living = await openRecords(database.url)
    const call = callAt(testEpochMs)
    await living.records.begin(openingOf(call), call.attempts[0]!)
    const [{ young }] = (await sql<{ young: boolean }>(
      database.url,
      `select pg_postmaster_start_time() > now() - interval '15 seconds' as young`,
    )) as [{ young: boolean }]
    if (young) await kill(living)
    const other = await openRecords(database.url)
    other.clock.advance(10_000)
    await other.records.flush()
    expect(await row(call.id)).toMatchObject({ status: 'IN_PROGRESS' })
    await living.records.end(call)
  })

  it('finds the dead every ten seconds', async () => {
    const dead = await openRecords(database.url)
    const { clock } = await openRecords(database.url)
    const call = callAt(testEpochMs)
    await dead.records.begin(openingOf(call), call.attempts[0]!)
    await forget(dead)
    clock.advance(10_000)
    await expect.poll(() => row(call.id)).toMatchObject({ status: 'FAILED', lost: true })
  })

  it('leaves what has no price unpriced', async () => {
    const dead = await openRecords(database.url)
    const call = callAt(testEpochMs)
    const hold = { inputTokens: 1, outputTokens: 2, cost: null, priceVersion: null }
    await dead.records.begin(openingOf(call), { ...attemptOf(), hold })
    await forget(dead)
    await openRecords(database.url)
    expect(await row(call.id)).toMatchObject({
      cost_total: null,
      cost_source: 'UNPRICED',
      output_tokens: 2,
    })
    expect(await ledger(call.id)).toEqual([])
  })

  it('puts the truth in place when it arrives after all, once, in every sum', async () => {
    const cutOff = await openRecords(database.url)
    const call = costing(1234n, { endUser: 'late' })
    await cutOff.records.begin(openingOf(call), call.attempts[0]!)
    await forget(cutOff)
    await openRecords(database.url)
    expect(await row(call.id)).toMatchObject({ lost: true, cost_total: '10000' })
    await Promise.all([
      cutOff.records.end(call),
      cutOff.records.end(call),
      cutOff.records.end(costing(5n)),
    ])
    await cutOff.records.end(call)
    expect(await row(call.id)).toMatchObject({
      status: 'SUCCEEDED',
      lost: false,
      cost_total: '1234',
      usage_source: 'PROVIDER_REPORTED',
    })
    expect(await ledger(call.id)).toEqual([
      { kind: 'CHARGE', ticks: 10000, estimated: true },
      { kind: 'CORRECTION', ticks: 1234 - 10000, estimated: false },
    ])
    const days = await sql(
      database.url,
      `select requests::int, errors::int, cost_ticks::int from usage_by_day where dimension = 'END_USER' and value = 'late'`,
    )
    expect(days).toEqual([{ requests: 1, errors: 0, cost_ticks: 1234 }])
  })

  it('takes no guess for the truth when two sweep up at once', async () => {
    const cutOff = await openRecords(database.url)
    const call = costing(1234n)
    await cutOff.records.begin(openingOf(call), call.attempts[0]!)
    await forget(cutOff)
    const [slow, quick] = [sweeper(), sweeper()]
    await slow.sweep((write) => async (rows) => {
      await quick.sweep()
      return write(rows)
    })
    expect(await ledger(call.id)).toHaveLength(1)
    await cutOff.records.end(call)
    expect(await row(call.id)).toMatchObject({ lost: false, cost_total: '1234' })
    expect(await ledger(call.id)).toMatchObject([{ ticks: 10000 }, { ticks: 1234 - 10000 }])
  })

  it('takes a charge back when the truth is that nothing was billed', async () => {
    const cutOff = await openRecords(database.url)
    const call = callAt(testEpochMs, {
      usage: null,
      cost: null,
      attempts: [attemptOf({ usage: null, cost: null })],
    })
    await cutOff.records.begin(openingOf(call), call.attempts[0]!)
    await forget(cutOff)
    await openRecords(database.url)
    await cutOff.records.end(call)
    expect(await ledger(call.id)).toEqual([
      { kind: 'CHARGE', ticks: 10000, estimated: true },
      { kind: 'CORRECTION', ticks: -10000, estimated: false },
    ])
  })

  it('leaves roll-ups and ledger in agreement with the rows', async () => {
    const reads = createReads({ databaseUrl: database.url })
    const { drift, ledger: sums } = await reads.check({
      from: testEpochMs - 3_600_000,
      to: testEpochMs + 3_600_000,
    })
    await reads.close()
    expect(drift).toEqual([])
    expect(sums.charged).toBe(sums.cost)
  })
})
