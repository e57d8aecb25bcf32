import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RequestRecord } from '#domain/request-record.ts'
import { createReads } from '#store/reads.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, failedAttempt, openingOf } from '#test/support/request-record.ts'
import { callAt, costing, openRecords, sql, testEpochMs } from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

interface Sums {
  calls: number
  cost: string
  ledger: string
  minutes: string
  quarters: string
  days: string
}

/** What a tenant's calls cost, by everything that says so. */
async function sumsOf(tenantId: string): Promise<Sums> {
  const [sums] = await sql<Sums & { [column: string]: unknown }>(
    database.url,
    `select (select count(*)::int from request where tenant_id = $1 and status <> 'IN_PROGRESS') as calls,
      (select coalesce(sum(cost_total), 0) from request where tenant_id = $1) as cost,
      (select coalesce(sum(ticks), 0) from ledger where tenant_id = $1) as ledger,
      (select coalesce(sum(cost_ticks), 0) from usage_rollup where tenant_id = $1 and size = 1) as minutes,
      (select coalesce(sum(cost_ticks), 0) from usage_rollup where tenant_id = $1 and size = 15) as quarters,
      (select coalesce(sum(cost_ticks), 0) from usage_by_day where tenant_id = $1 and dimension = 'CLIENT_IP') as days`,
    [tenantId],
  )
  return sums!
}

async function newTenant(): Promise<string> {
  const id = randomUUID()
  await sql(database.url, 'insert into tenant (id, slug, name) values ($1, $2, $2)', [id, id])
  return id
}

const firstOpening = (record: RequestRecord) => [openingOf(record), record.attempts[0]!] as const

const row = async (id: string) =>
  (await sql(database.url, 'select * from request where id = $1', [id]))[0]

describe('createCallRecords', () => {
  it('shows a call in progress with its hold once it has begun', async () => {
    const { records, replicaId } = await openRecords(database.url)
    const call = callAt(testEpochMs)
    await records.begin(...firstOpening(call))
    expect(await row(call.id)).toMatchObject({
      status: 'IN_PROGRESS',
      replica_id: replicaId,
      provider_name: 'openai',
    })
    const attempts = await sql(database.url, 'select * from attempt where request_id = $1', [
      call.id,
    ])
    expect(attempts).toMatchObject([
      { index: 0, status: 'IN_PROGRESS', hold_cost: '10000', hold_output_tokens: 100 },
    ])
    await records.end(call)
  })

  it('settles a call to the tick in its row, its attempts, the ledger and the roll-ups', async () => {
    const tenantId = await newTenant()
    const { records } = await openRecords(database.url)
    const call = costing(123_456_789_012n, {
      tenantId,
      tags: ['a', 'b'],
      metadata: { ok: true },
      endUser: 'eve',
    })
    await records.begin(...firstOpening(call))
    await records.end(call)
    const cost = '123456789012'
    expect(await sumsOf(tenantId)).toEqual({
      calls: 1,
      cost,
      ledger: cost,
      minutes: cost,
      quarters: cost,
      days: cost,
    })
    expect(await row(call.id)).toMatchObject({
      status: 'SUCCEEDED',
      tags: ['a', 'b'],
      metadata: { ok: true },
      latency_ms: 120,
    })
  })

  it('takes whatever number of tokens a provider tells', async () => {
    const { records } = await openRecords(database.url)
    const usage = { ...attemptOf().usage!, inputTokens: 2 ** 31 - 1, outputTokens: 2 ** 31 - 1 }
    const call = costing(7n)
    await records.end({ ...call, usage, attempts: [{ ...call.attempts[0]!, usage }] })
    expect(await row(call.id)).toMatchObject({ status: 'SUCCEEDED', output_tokens: 2 ** 31 - 1 })
  })

  it('records a call that was refused before any attempt', async () => {
    const { records } = await openRecords(database.url)
    const refused = {
      status: 'REFUSED',
      errorCode: 'MODEL_NOT_FOUND',
      errorMessage: 'no',
      usage: null,
      cost: null,
    } as const
    const call = callAt(testEpochMs, {
      ...refused,
      attempts: [],
      providerName: null,
      servedModel: null,
    })
    await records.end(call)
    expect(await row(call.id)).toMatchObject({
      status: 'REFUSED',
      model: '',
      cost_total: null,
      attempt_count: 0,
    })
  })

  it.each([2, 5])('counts an end once when it comes %i times, at once or later', async (times) => {
    const tenantId = await newTenant()
    const { records } = await openRecords(database.url)
    const call = costing(77n, { tenantId })
    await records.begin(...firstOpening(call))
    await Promise.all(Array.from({ length: times }, () => records.end(call)))
    await records.end(call)
    await records.begin(...firstOpening(call))
    expect(await sumsOf(tenantId)).toEqual({
      calls: 1,
      cost: '77',
      ledger: '77',
      minutes: '77',
      quarters: '77',
      days: '77',
    })
  })

  it('keeps every sum equal to the tick over 2,000 calls at once through two replicas', async () => {
    const tenantId = await newTenant()
    const replicas = await Promise.all([openRecords(database.url), openRecords(database.url)])
    const calls = Array.from({ length: 2000 }, (_, index) =>
      costing(BigInt(index * 7919 + 1), { tenantId }),
    )
    await Promise.all(
      calls.map(async (call, index) => {
        const { records } = replicas[index % 2]!
        await records.begin(...firstOpening(call))
        await records.end(call)
      }),
    )
    const cost = calls.reduce((sum, call) => sum + call.cost!.total!, 0n).toString()
    expect(await sumsOf(tenantId)).toEqual({
      calls: 2000,
      cost,
      ledger: cost,
      minutes: cost,
      quarters: cost,
      days: cost,
    })
  })

  it('books each attempt where it was billed, and the call where it was answered', async () => {
    const tenantId = await newTenant()
    const { records } = await openRecords(database.url)
    const paid = attemptOf().cost!
    const failed = failedAttempt('PROVIDER_TIMEOUT', {
      providerName: 'xai',
      model: 'grok',
      usage: attemptOf().usage,
      cost: { ...paid, total: 5n },
    })
    const call = callAt(testEpochMs, {
      tenantId,
      status: 'SUCCEEDED',
      errorCode: null,
      cost: { ...paid, total: 3005n },
      attempts: [failed, attemptOf({ index: 1 })],
    })
    await records.end(call)
    const rollups = await sql(
      database.url,
      `select provider_name, requests::int, cost_ticks::int, fallbacks::int from usage_rollup
      where tenant_id = $1 and size = 15 order by 1`,
      [tenantId],
    )
    expect(rollups).toEqual([
      { provider_name: 'openai', requests: 1, cost_ticks: 3000, fallbacks: 1 },
      { provider_name: 'xai', requests: 0, cost_ticks: 5, fallbacks: 0 },
    ])
    expect(await sumsOf(tenantId)).toMatchObject({ cost: '3005', ledger: '3005' })
  })

  it('leaves an unknown price unknown: no ledger row, no zero', async () => {
    const tenantId = await newTenant()
    const { records } = await openRecords(database.url)
    const cost = { ...attemptOf().cost!, total: null, source: 'UNPRICED' as const }
    const call = callAt(testEpochMs, { tenantId, cost, attempts: [attemptOf({ cost })] })
    await records.end(call)
    expect(await row(call.id)).toMatchObject({ cost_total: null, cost_source: 'UNPRICED' })
    expect(
      await sql(database.url, 'select * from ledger where tenant_id = $1', [tenantId]),
    ).toEqual([])
    const [{ unpriced }] = (await sql<{ unpriced: string }>(
      database.url,
      'select sum(unpriced) as unpriced from usage_rollup where tenant_id = $1 and size = 1',
      [tenantId],
    )) as [{ unpriced: string }]
    expect(unpriced).toBe('1')
  })

  it.each([
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['a backslash before u0000', 'a\\u0000b', 'a\\u0000b'],
    ['quotes and newlines', 'a"\n\\b', 'a"\n\\b'],
  ])('stores %s in texts, tags and metadata without harm', async (_, given, stored) => {
    const { records } = await openRecords(database.url)
    const call = callAt(testEpochMs, {
      endUser: given,
      tags: [given],
      metadata: { [given]: given },
    })
    await records.begin(...firstOpening(call))
    await records.end(call)
    expect(await row(call.id)).toMatchObject({
      end_user: stored,
      tags: [stored],
      metadata: { [stored]: stored },
    })
  })

  it('writes all others when one row cannot be written as it is, and that one without what was wrong', async () => {
    const tenantId = await newTenant()
    const { records } = await openRecords(database.url)
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown
    const calls = Array.from({ length: 40 }, (_, index) =>
      costing(BigInt(index + 1), { tenantId, metadata: index === 17 ? { deep } : null }),
    )
    await Promise.all(calls.map((call) => records.end(call)))
    const cost = String((40 * 41) / 2)
    expect(await sumsOf(tenantId)).toMatchObject({ calls: 40, cost, ledger: cost, quarters: cost })
    expect(await row(calls[17]!.id)).toMatchObject({ metadata: null, cost_total: '18' })
  })

  it('refuses alone what can be written in no form', async () => {
    const tenantId = await newTenant()
    const { records, log } = await openRecords(database.url)
    const bad = costing(2n ** 70n, { tenantId })
    const good = costing(1n, { tenantId })
    const [refused, written] = await Promise.allSettled([records.end(bad), records.end(good)])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'INTERNAL' } })
    expect(written.status).toBe('fulfilled')
    expect(log.lines.map(({ level }) => level)).toContain('error')
    expect(await sumsOf(tenantId)).toMatchObject({ calls: 1, cost: '1' })
  })

  it('leaves nothing for the nightly check to find', async () => {
    const { records } = await openRecords(database.url)
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        records.end(costing(BigInt(index), { endUser: `user ${index % 3}` })),
      ),
    )
    const reads = createReads({ databaseUrl: database.url })
    const { drift, ledger } = await reads.check({
      from: testEpochMs - 3_600_000,
      to: testEpochMs + 3_600_000,
    })
    await reads.close()
    expect(drift).toEqual([])
    expect(ledger.charged).toBe(ledger.cost)
    expect(ledger.charged).toBeGreaterThan(1000n)
  })
})
