import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseUsd } from '#domain/money.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { UsageMetric } from '#domain/usage-metric.ts'
import type { UsageQuery, UsageReport } from '#domain/usage-query.ts'
import { openReader, type Reader } from '#store/reader.ts'
import { usageReport } from '#store/usage-report.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf } from '#test/support/request-record.ts'
import { callAt, openRecords, sql } from '#test/support/store.ts'

let database: TestDatabase
let reader: Reader
beforeAll(async () => {
  database = await createDatabase()
  reader = openReader(database.url)
})
afterAll(async () => {
  await reader.close()
  await database.drop()
})

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const hour = 3_600_000
const day = 24 * hour

/** A tenant of its own with these calls. */
async function tenantWith(calls: readonly RequestRecord[], timeZone = 'UTC'): Promise<string> {
  const tenantId = randomUUID()
  await sql(
    database.url,
    'insert into tenant (id, slug, name, reporting_time_zone) values ($1, $2, $2, $3)',
    [tenantId, tenantId, timeZone],
  )
  const { records } = await openRecords(database.url)
  await Promise.all(calls.map((call) => records.end({ ...call, tenantId })))
  return tenantId
}

const ask = (
  tenantId: string,
  query: UsageQuery,
  now = at('2026-12-01T00:00:00Z'),
): Promise<UsageReport> => usageReport(reader, { tenantId, query, now })

const valuesOf = (report: UsageReport, metric: UsageMetric) =>
  report.series
    .filter((series) => series.metric === metric)
    .map(({ values }) => values.map(({ value }) => value))

const totalOf = (report: UsageReport, metric: UsageMetric) =>
  report.totals.find((total) => total.metric === metric)?.total

/** A call of a model that cost so much. */
function callOf(
  epochMs: number,
  {
    model = 'gpt-test',
    ticks = 1n,
    ...over
  }: Partial<RequestRecord> & { model?: string; ticks?: bigint } = {},
): RequestRecord {
  const cost = { ...attemptOf().cost!, total: ticks }
  return callAt(epochMs, {
    servedModel: model,
    cost,
    attempts: [attemptOf({ model, cost })],
    ...over,
  })
}

const october = { from: at('2026-10-05T00:00:00Z'), to: at('2026-10-05T06:00:00Z') }

describe('usageReport', () => {
  it.each([
    ['Europe/Berlin', '2026-10-24', [24, 25, 24]],
    ['America/Sao_Paulo', '2026-10-24', [24, 24, 24]],
    ['America/New_York', '2026-03-07', [24, 23, 24]],
    ['Asia/Kathmandu', '2026-10-24', [24, 24, 24]],
  ])('cuts days at the edges of %s, where clocks may change', async (timeZone, date, expected) => {
    const start = Temporal.PlainDate.from(date).toZonedDateTime(timeZone)
    const end = start.add({ days: 3 })
    const calls = []
    for (let time = start.epochMilliseconds; time < end.epochMilliseconds; time += hour)
      calls.push(callAt(time))
    const tenantId = await tenantWith(calls)
    const filter = {
      time: { from: start.epochMilliseconds, to: end.epochMilliseconds },
      simulated: false,
    }
    const report = await ask(tenantId, { filter, metrics: ['REQUESTS'], bucket: 'DAY', timeZone })
    expect(report.buckets).toEqual([0, 1, 2].map((days) => start.add({ days }).epochMilliseconds))
    expect(valuesOf(report, 'REQUESTS')).toEqual([expected])
  })

  it('tells percentiles within 2 % of the calls themselves, from roll-ups and from rows', async () => {
    const latencies = fc.sample(fc.double({ min: 0.5, max: 60_000, noNaN: true }), {
      numRuns: 400,
      seed: 7,
    })
    const calls = latencies.map((latencyMs, index) =>
      callAt(october.from + index, { latencyMs, overheadMs: latencyMs / 100, stream: true }),
    )
    const tenantId = await tenantWith(calls)
    const sorted = latencies.toSorted((a, b) => a - b)
    for (const stream of [null, true]) {
      const filter = { time: october, simulated: false, stream }
      const metrics = ['LATENCY_P50', 'LATENCY_P95', 'LATENCY_P99', 'OVERHEAD_P95'] as const
      const report = await ask(tenantId, { filter, metrics, bucket: 'NONE' })
      for (const [metric, q, scale] of [
        ['LATENCY_P50', 0.5, 1],
        ['LATENCY_P95', 0.95, 1],
        ['LATENCY_P99', 0.99, 1],
        ['OVERHEAD_P95', 0.95, 0.01],
      ] as const) {
        const exact = sorted[Math.ceil(q * sorted.length) - 1]! * scale
        expect(
          Math.abs(totalOf(report, metric)!.value! - exact) / exact,
          metric,
        ).toBeLessThanOrEqual(0.0201)
      }
    }
  })

  it('gives the same answer from roll-ups, from rows and by day', async () => {
    const calls = Array.from({ length: 300 }, (_, index) =>
      callOf(october.from + index * 15 * 60_000, {
        model: `model-${index % 7}`,
        ticks: BigInt(index) * 1_000_003n,
        clientIp: `10.0.0.${index % 5}`,
        latencyMs: index + 1,
        stream: true,
        ...(index % 10 === 0
          ? { status: 'FAILED', errorCode: 'PROVIDER_TIMEOUT', errorMessage: 'late' }
          : {}),
      }),
    )
    const tenantId = await tenantWith(calls)
    const time = { from: october.from, to: october.from + 4 * day }
    const metrics: UsageMetric[] = [
      'REQUESTS',
      'ERRORS',
      'ERROR_RATE',
      'COST',
      'INPUT_TOKENS',
      'OUTPUT_TOKENS',
      'COST_PER_REQUEST',
      'RETRIES',
    ]
    const withPercentiles: UsageMetric[] = [
      ...metrics,
      'LATENCY_P95',
      'TOKENS_PER_SECOND_P50',
      'TTFT_P50',
    ]
    const common = { bucket: 'DAY', limit: 3, rankBy: 'COST' } as const
    const rollup = await ask(tenantId, {
      ...common,
      filter: { time, simulated: false },
      metrics: withPercentiles,
      groupBy: ['MODEL'],
    })
    const rows = await ask(tenantId, {
      ...common,
      filter: { time, simulated: false, stream: true },
      metrics: withPercentiles,
      groupBy: ['MODEL'],
    })
    expect(rollup).toEqual(rows)
    const byDay = await ask(tenantId, {
      ...common,
      filter: { time, simulated: false },
      metrics,
      groupBy: ['CLIENT_IP'],
    })
    const byIp = await ask(tenantId, {
      ...common,
      filter: { time, simulated: false, stream: true },
      metrics,
      groupBy: ['CLIENT_IP'],
    })
    expect(byDay).toEqual(byIp)
  })

  it('shows the largest series and one for the rest, which add up to the total', async () => {
    const calls = fc
      .sample(
        fc.record({
          model: fc.integer({ min: 0, max: 11 }),
          ticks: fc.bigInt({ min: 0n, max: 10n ** 15n }),
          offset: fc.nat(6 * hour - 1),
        }),
        { numRuns: 200, seed: 3 },
      )
      .map(({ model, ticks, offset }) =>
        callOf(october.from + offset, { model: `m${model}`, ticks }),
      )
    const tenantId = await tenantWith(calls)
    const spent = calls.reduce((sum, call) => sum + call.cost!.total!, 0n)
    for (const limit of [1, 3, 11, 12, 50]) {
      const report = await ask(tenantId, {
        filter: { time: october, simulated: false },
        metrics: ['COST', 'REQUESTS'],
        groupBy: ['MODEL'],
        limit,
        rankBy: 'COST',
      })
      const costs = report.series.filter(({ metric }) => metric === 'COST')
      expect(costs).toHaveLength(Math.min(limit, 12) + (limit < 12 ? 1 : 0))
      expect(costs.map(({ isOther }) => isOther)).toEqual(
        costs.map((_, index) => limit < 12 && index === limit),
      )
      const exact = costs.map(({ total }) => parseUsd(total.exact!))
      const named = exact.slice(0, Math.min(limit, 12))
      expect(named).toEqual(named.toSorted((a, b) => (a > b ? -1 : 1)))
      expect(exact.reduce((sum, cost) => sum + cost, 0n)).toBe(spent)
      expect(parseUsd(totalOf(report, 'COST')!.exact!)).toBe(spent)
      const buckets = costs.flatMap(({ values }) =>
        values.map(({ exact: part }) => parseUsd(part ?? '0')),
      )
      expect(buckets.reduce((sum, cost) => sum + cost, 0n)).toBe(spent)
    }
  })

  it.each(['ERROR_RATE', 'COST_PER_REQUEST', 'LATENCY_P95', 'TTFT_P50'] as const)(
    'ranks by %s',
    async (rankBy) => {
      const calls = ['slow', 'fast', 'middle'].map((model, index) =>
        callOf(october.from, {
          model,
          ticks: [30n, 10n, 20n][index]!,
          latencyMs: [300, 100, 200][index]!,
          timeToFirstTokenMs: [30, 10, 20][index]!,
          ...(model === 'slow'
            ? { status: 'FAILED', errorCode: 'INTERNAL', errorMessage: '' }
            : {}),
        }),
      )
      const tenantId = await tenantWith(calls)
      const report = await ask(tenantId, {
        filter: { time: october, simulated: false },
        metrics: ['REQUESTS'],
        groupBy: ['MODEL'],
        limit: 1,
        rankBy,
      })
      expect(report.series[0]!.key).toEqual([{ dimension: 'MODEL', value: 'slow', label: 'slow' }])
    },
  )

  it('counts a call once in the total, however many tags it has', async () => {
    const tenantId = await tenantWith([
      callOf(october.from, { tags: ['a', 'b'], ticks: 7n }),
      callOf(october.from, { ticks: 5n }),
    ])
    const report = await ask(tenantId, {
      filter: { time: october, simulated: false },
      metrics: ['REQUESTS', 'COST'],
      groupBy: ['TAG'],
    })
    const requests = report.series.filter(({ metric }) => metric === 'REQUESTS')
    expect(
      Object.fromEntries(requests.map(({ key, total }) => [key[0]!.label, total.value])),
    ).toEqual({ '(none)': 1, a: 1, b: 1 })
    expect(totalOf(report, 'REQUESTS')!.value).toBe(2)
    expect(totalOf(report, 'COST')!.exact).toBe('0.0000000012')
  })

  it('compares with the same part of the buckets before', async () => {
    const monday = at('2026-10-05T00:00:00Z')
    const tenantId = await tenantWith([
      callOf(monday - day + hour),
      callOf(monday - day + 20 * hour),
      callOf(monday + hour),
      callOf(monday + 2 * hour),
    ])
    const filter = { time: { from: monday, to: monday + 12 * hour }, simulated: false }
    const report = await ask(tenantId, {
      filter,
      metrics: ['REQUESTS'],
      bucket: 'DAY',
      comparePrevious: true,
    })
    expect(report.series[0]).toMatchObject({ values: [{ value: 2 }], previous: [{ value: 1 }] })
    expect(report.totals).toMatchObject([{ total: { value: 2 }, previous: { value: 1 } }])
  })

  it('says nothing where there is nothing to say', async () => {
    const cost = { ...attemptOf().cost!, total: null, source: 'UNPRICED' as const }
    const tenantId = await tenantWith([
      callAt(october.from, { cost, attempts: [attemptOf({ cost })] }),
    ])
    const metrics = ['COST', 'ERROR_RATE', 'LATENCY_P50', 'REQUESTS', 'UNPRICED_REQUESTS'] as const
    const time = { from: october.from, to: october.from + 3 * hour }
    const report = await ask(
      tenantId,
      { filter: { time, simulated: false }, metrics, bucket: 'HOUR' },
      october.from + hour,
    )
    expect(valuesOf(report, 'COST')).toEqual([[null, 0, null]])
    expect(valuesOf(report, 'ERROR_RATE')).toEqual([[0, null, null]])
    expect(valuesOf(report, 'LATENCY_P50')[0]!.slice(1)).toEqual([null, null])
    expect(valuesOf(report, 'REQUESTS')).toEqual([[1, 0, null]])
    expect(totalOf(report, 'UNPRICED_REQUESTS')).toEqual({ value: 1, exact: null })
    expect(report.lastBucketPartial).toBe(true)
  })

  it('never mixes simulated calls, or another tenant’s, into the totals', async () => {
    const tenantId = await tenantWith([callOf(october.from, { ticks: 1n })])
    const { records } = await openRecords(database.url)
    await records.end({
      ...callOf(october.from, { ticks: 9n }),
      tenantId,
      simulated: true,
      attempts: [attemptOf({ simulated: true })],
    })
    const filter = { time: october, simulated: false }
    expect(totalOf(await ask(tenantId, { filter, metrics: ['REQUESTS'] }), 'REQUESTS')!.value).toBe(
      1,
    )
    expect(
      totalOf(
        await ask(tenantId, { filter: { ...filter, simulated: true }, metrics: ['REQUESTS'] }),
        'REQUESTS',
      )!.value,
    ).toBe(1)
    const foreign = { ...filter, tenant: { in: [await tenantWith([])] } }
    expect(
      totalOf(await ask(tenantId, { filter: foreign, metrics: ['REQUESTS'] }), 'REQUESTS')!.value,
    ).toBe(0)
  })

  const year = { from: at('2026-01-01T00:00:00Z'), to: at('2027-01-01T00:00:00Z') }
  it.each<[string, Partial<UsageQuery>]>([
    ['an unknown zone', { timeZone: 'Mars/Olympus' }],
    ['a year by the minute', { filter: { time: year, simulated: false }, bucket: 'MINUTE' }],
    ['a year of single calls', { filter: { time: year, simulated: false, stream: true } }],
    ['a thousand series', { limit: 1000 }],
  ])('refuses %s', async (_, query) => {
    const tenantId = await tenantWith([])
    const asked = {
      filter: { time: october, simulated: false },
      metrics: ['REQUESTS'] as const,
      ...query,
    }
    await expect(ask(tenantId, asked)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('asks the database at most six times, however much it shows', async () => {
    const tenantId = await tenantWith(
      Array.from({ length: 40 }, (_, index) =>
        callOf(october.from, { model: `m${index}`, apiKeyId: randomUUID() }),
      ),
    )
    let statements = 0
    const counting: Reader = {
      ...reader,
      query: (statement) => (statements++, reader.query(statement)),
    }
    const query: UsageQuery = {
      filter: { time: october, simulated: false },
      metrics: ['COST', 'LATENCY_P95'],
      groupBy: ['API_KEY', 'MODEL'],
      limit: 30,
      comparePrevious: true,
    }
    await usageReport(counting, { tenantId, query, now: october.to })
    expect(statements).toBeLessThanOrEqual(6)
  })
})
