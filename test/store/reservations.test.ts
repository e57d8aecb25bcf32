import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { Cancellation } from '#domain/cancellation.ts'
import type { ModelPrice } from '#domain/price.ts'
import type { AttemptOpening, RequestRecord } from '#domain/request-record.ts'
import { callerGone } from '#gateway/call.ts'
import type { Reservation } from '#gateway/ports.ts'
import { systemClock } from '#jobs/system-clock.ts'
import type { DurableCallRecords } from '#store/call-records.ts'
import { breachesOf, createAllowance, totalsOf } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, openingOf } from '#test/support/request-record.ts'
import { callAt, openRecords, sql, testEpochMs } from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

/** A tick a token of input and ten of output. */
const price: ModelPrice = {
  version: 'test',
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: 1_000_000n,
  output: 10_000_000n,
}

const demand = { inputTokens: 100, outputTokens: 90, leastOutputTokens: 16, price }

function reservation(...allowances: readonly Allowance[]): Reservation {
  return { allowances, demand, cancellation: new Cancellation() }
}

/** Begins a call that holds 1,000 ticks and 190 tokens. */
async function begin(
  records: DurableCallRecords,
  { asks, call = callAt(testEpochMs) }: { asks: Reservation; call?: RequestRecord },
) {
  const { usage: _usage, cost: _cost, status: _status, ...opening } = attemptOf()
  const attempt = await records.begin(openingOf(call), opening, asks)
  return { call, attempt }
}

/** Ends it, having cost so many ticks for ten tokens. */
function end(
  records: DurableCallRecords,
  { call, attempt, ticks }: { call: RequestRecord; attempt: AttemptOpening; ticks: bigint },
) {
  const plain = attemptOf()
  const cost = { ...plain.cost!, total: ticks, input: ticks, output: 0n }
  return records.end({ ...call, cost, attempts: [{ ...plain, ...attempt, cost }] })
}

describe('a reservation', () => {
  it('is held from the begin to the end of its call, and settled by what the call cost', async () => {
    const budget = await createAllowance(database.url)
    const { records } = await openRecords(database.url)
    const begun = await begin(records, { asks: reservation(budget) })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 0n, held: 1000n, overage: 0n })
    await end(records, { ...begun, ticks: 130n })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 130n, held: 0n, overage: 0n })
  })

  it('is taken from all that apply, each in its unit', async () => {
    const budget = await createAllowance(database.url)
    const tokens = await createAllowance(database.url, {
      kind: 'QUOTA',
      unit: 'TOKENS',
      limit: 1000n,
      period: 'DAY',
    })
    const requests = await createAllowance(database.url, {
      kind: 'QUOTA',
      unit: 'REQUESTS',
      limit: 10n,
      period: 'HOUR',
    })
    const parallel = await createAllowance(database.url, {
      kind: 'QUOTA',
      unit: 'CONCURRENT_REQUESTS',
      limit: 10n,
      period: 'TOTAL',
    })
    const { records } = await openRecords(database.url)
    const all = [budget, tokens, requests, parallel]
    const begun = await begin(records, { asks: reservation(...all) })
    const totals = async () => Promise.all(all.map((each) => totalsOf(database.url, each)))
    expect((await totals()).map(({ held }) => held)).toEqual([1000n, 190n, 1n, 1n])
    await end(records, { ...begun, ticks: 130n })
    expect(await totals()).toEqual([
      { spent: 130n, held: 0n, overage: 0n },
      { spent: 15n, held: 0n, overage: 0n },
      { spent: 1n, held: 0n, overage: 0n },
      { spent: 0n, held: 0n, overage: 0n },
    ])
  })

  it('is refused by name when what is spent leaves too little, and nothing is taken elsewhere', async () => {
    const roomy = await createAllowance(database.url)
    const tight = await createAllowance(database.url, { name: 'Team A', limit: 250n })
    const { records } = await openRecords(database.url)
    await expect(begin(records, { asks: reservation(roomy, tight) })).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: expect.stringContaining('“Team A”'),
      details: { allowance: { allowance: { id: tight.id }, spent: 0n, held: 0n } },
    })
    expect(await totalsOf(database.url, roomy)).toMatchObject({ held: 0n })
  })

  it('asks for less output where the remainder buys no more', async () => {
    const budget = await createAllowance(database.url, { limit: 300n })
    const { records } = await openRecords(database.url)
    const { attempt } = await begin(records, { asks: reservation(budget) })
    expect(attempt.hold).toMatchObject({ outputTokens: 20, cost: 300n })
    expect(await totalsOf(database.url, budget)).toMatchObject({ held: 300n })
  })

  it('waits for what others hold, and gets it when they turn out cheaper', async () => {
    const budget = await createAllowance(database.url, { limit: 1500n })
    const { records } = await openRecords(database.url)
    const first = await begin(records, { asks: reservation(budget) })
    const second = begin(records, { asks: reservation(budget) })
    await records.flush()
    expect(await totalsOf(database.url, budget)).toMatchObject({ held: 1000n })
    await end(records, { ...first, ticks: 100n })
    await end(records, { ...(await second), ticks: 200n })
    expect(await totalsOf(database.url, budget)).toMatchObject({ spent: 300n, held: 0n })
  })

  it('is refused as busy after five seconds, and as cancelled when the caller leaves', async () => {
    const budget = await createAllowance(database.url, { limit: 1500n })
    const { records, clock } = await openRecords(database.url)
    const first = await begin(records, { asks: reservation(budget) })
    const late = begin(records, { asks: reservation(budget) })
    const leaving = reservation(budget)
    const left = begin(records, { asks: leaving })
    void late.catch(() => {})
    void left.catch(() => {})
    await records.flush()
    leaving.cancellation.cancel(callerGone())
    clock.advance(4000)
    await records.flush()
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
    clock.advance(1100)
    await expect(late).rejects.toMatchObject({
      code: 'BUDGET_BUSY',
      details: { retryAfterMs: 1000 },
    })
    await end(records, { ...first, ticks: 1n })
  })

  it('is charged in full above its hold, and the difference is told', async () => {
    const budget = await createAllowance(database.url, { limit: 2000n })
    const { records } = await openRecords(database.url)
    const begun = await begin(records, { asks: reservation(budget) })
    await end(records, { ...begun, ticks: 2500n })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 2500n, held: 0n, overage: 1500n })
  })

  it('never lets calls side by side through two replicas spend more than the limit', async () => {
    const budget = await createAllowance(database.url, { limit: 60_000n })
    const { records: one } = await openRecords(database.url, { clock: systemClock })
    const { records: other } = await openRecords(database.url, { clock: systemClock })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 400 }, async (_, index) => {
        const records = index % 2 ? one : other
        const begun = await begin(records, { asks: reservation(budget) })
        await end(records, { ...begun, ticks: 500n })
      }),
    )
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    const { spent, held, overage } = await totalsOf(database.url, budget)
    expect({ spent, held, overage }).toEqual({ spent: BigInt(done) * 500n, held: 0n, overage: 0n })
    expect(spent).toBeGreaterThan(59_000n)
    expect(spent).toBeLessThanOrEqual(60_000n)
  })

  it('opens an alert for a threshold once, and another one when all is spent', async () => {
    const budget = await createAllowance(database.url, {
      name: 'Team B',
      limit: 10_000n,
      thresholds: [0.5, 0.8, 1],
    })
    const { records } = await openRecords(database.url)
    for (const ticks of [4000n, 1500n, 1000n, 3500n]) {
      await end(records, { ...(await begin(records, { asks: reservation(budget) })), ticks })
    }
    expect(
      await sql(
        database.url,
        `select kind, count, message from alert where subject = 'Budget “Team B”' order by opened_at, kind`,
      ),
    ).toMatchObject([
      { kind: 'BUDGET_THRESHOLD', count: 1, message: expect.stringContaining('more than 50 %') },
      { kind: 'BUDGET_EXHAUSTED', count: 1 },
    ])
  })

  it('changes nothing when its end comes twice', async () => {
    const budget = await createAllowance(database.url)
    const { records } = await openRecords(database.url)
    const begun = await begin(records, { asks: reservation(budget) })
    await end(records, { ...begun, ticks: 130n })
    await end(records, { ...begun, ticks: 130n })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 130n, held: 0n, overage: 0n })
  })

  it('is let go by an end that does not know of it: what Postgres took without saying so', async () => {
    const budget = await createAllowance(database.url)
    const { records } = await openRecords(database.url)
    const { call } = await begin(records, { asks: reservation(budget) })
    const { usage: _usage, cost: _cost, ...plain } = attemptOf()
    const attempts = [{ ...plain, status: 'FAILED', usage: null, cost: null } as const]
    await records.end({ ...call, status: 'FAILED', usage: null, cost: null, attempts })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 0n, held: 0n, overage: 0n })
  })

  it('is charged its hold when its replica dies, and corrected when the truth arrives', async () => {
    const budget = await createAllowance(database.url)
    const dead = await openRecords(database.url)
    const begun = await begin(dead.records, { asks: reservation(budget) })
    await sql(database.url, 'delete from replica where id = $1', [dead.replicaId])
    await openRecords(database.url, { soleReplica: true })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 1000n, held: 0n, overage: 0n })
    await end(dead.records, { ...begun, ticks: 130n })
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 130n, held: 0n, overage: 0n })
  })

  describe('of an attempt that failed for nothing', () => {
    /** A call whose first attempt has failed, and what is left buys one attempt. */
    async function failed({ limit = 1000n } = {}) {
      const budget = await createAllowance(database.url, { limit })
      const requests = await createAllowance(database.url, {
        kind: 'QUOTA',
        unit: 'REQUESTS',
        limit: 1n,
        period: 'HOUR',
      })
      const opened = await openRecords(database.url)
      const asks = reservation(budget, requests)
      const { call, attempt } = await begin(opened.records, { asks })
      const { usage: _usage, cost: _cost, status: _status, ...second } = attemptOf({ index: 1 })
      const again = (over: Partial<Reservation> = {}) =>
        opened.records.begin(openingOf(call), second, {
          ...reservation(budget),
          free: [attempt],
          ...over,
        })
      return { ...opened, budget, requests, call, attempt, again }
    }

    it('goes over to the next one, and still counts as the one request', async () => {
      const { budget, requests, records, call, attempt, again } = await failed()
      const second = await again()
      expect(await totalsOf(database.url, budget)).toEqual({ spent: 0n, held: 1000n, overage: 0n })
      expect(await totalsOf(database.url, requests)).toMatchObject({ held: 1n })
      const plain = attemptOf()
      const cost = { ...plain.cost!, total: 130n, input: 130n, output: 0n }
      const nothing = { ...plain, ...attempt, status: 'FAILED' as const, usage: null, cost: null }
      await records.end({ ...call, cost, attempts: [nothing, { ...plain, ...second, cost }] })
      expect(await totalsOf(database.url, budget)).toEqual({ spent: 130n, held: 0n, overage: 0n })
      expect(await totalsOf(database.url, requests)).toEqual({ spent: 1n, held: 0n, overage: 0n })
    })

    it('stays where it is while the next one gets nothing', async () => {
      const { budget, again } = await failed({ limit: 1500n })
      const tooMuch = { ...demand, inputTokens: 1501 }
      await expect(again({ demand: tooMuch })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
      expect(await totalsOf(database.url, budget)).toMatchObject({ held: 1000n })
    })

    it('is not charged when the replica dies', async () => {
      const { budget, replicaId, again } = await failed()
      await again()
      await sql(database.url, 'delete from replica where id = $1', [replicaId])
      await openRecords(database.url, { soleReplica: true })
      expect(await totalsOf(database.url, budget)).toEqual({ spent: 1000n, held: 0n, overage: 0n })
    })
  })

  it('leaves nothing for the doctor to find', async () => {
    expect(await breachesOf(database.url)).toEqual([])
  })
})
