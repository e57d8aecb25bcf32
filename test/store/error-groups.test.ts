import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RequestFilter } from '#domain/request-filter.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { groupErrors } from '#store/error-groups.ts'
import { openReader, type Reader } from '#store/reader.ts'
import { createReads, type Reads } from '#store/reads.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, failedAttempt } from '#test/support/request-record.ts'
import { callAt, openRecords, testEpochMs } from '#test/support/store.ts'

const tenantId = '00000000-0000-7000-8000-000000000001'
const filter = { time: { from: testEpochMs, to: testEpochMs + 24_000 }, simulated: false }
let database: TestDatabase
let reads: Reads
beforeAll(async () => {
  database = await createDatabase()
  reads = createReads({ databaseUrl: database.url })
})
afterAll(async () => {
  await reads.close()
  await database.drop()
})

const late = (ms: number) =>
  failedAttempt('PROVIDER_TIMEOUT', {
    error: {
      code: 'PROVIDER_TIMEOUT',
      message: `nothing within ${ms} ms`,
      retryable: true,
      httpStatus: null,
    },
  })

const failed = (at: number, attempt = late(at)): RequestRecord =>
  callAt(testEpochMs + at, { attempts: [attempt] })

it('records the failures that are grouped below', async () => {
  const { records } = await openRecords(database.url)
  const rescued = callAt(testEpochMs + 5000, {
    status: 'SUCCEEDED',
    errorCode: null,
    errorMessage: null,
    attempts: [late(7), attemptOf({ index: 1, providerName: 'xai' })],
  })
  const cancelled = failed(3000, failedAttempt('CANCELLED'))
  const refused = callAt(testEpochMs + 100, {
    status: 'REFUSED',
    errorCode: 'MODEL_NOT_FOUND',
    errorMessage: 'There is no model “x-1”.',
    attempts: [],
    providerName: null,
    servedModel: null,
    endUser: 'eve',
  })
  const foreign = { ...failed(1), tenantId: randomUUID() }
  await Promise.all(
    [failed(0), failed(23_999), rescued, cancelled, refused, foreign, callAt(testEpochMs)].map(
      (call) => records.end(call),
    ),
  )
  expect(await reads.count({ tenantId, filter })).toBe(6)
})

describe('groupErrors', () => {
  it('groups failures of one shape, tells those that were rescued, and leaves cancelled calls out', async () => {
    const groups = await reads.errorGroups({ tenantId, filter })
    expect(groups).toMatchObject([
      {
        code: 'PROVIDER_TIMEOUT',
        providerName: 'openai',
        model: 'gpt-test',
        message: 'nothing within <n> ms',
        count: 3n,
        rescued: 1n,
      },
      { code: 'MODEL_NOT_FOUND', providerName: null, count: 1n, rescued: 0n },
    ])
    const [timeouts] = groups
    expect(timeouts!.firstSeenAt.getTime()).toBe(testEpochMs)
    expect(timeouts!.lastSeenAt.getTime()).toBe(testEpochMs + 23_999)
    expect(timeouts!.trend).toEqual(
      Array.from({ length: 24 }, (_, part) => (part === 0 || part === 5 || part === 23 ? 1 : 0)),
    )
  })

  it('is one statement, however many groups there are', async () => {
    const reader = openReader(database.url)
    const texts: string[] = []
    const counting: Reader = {
      ...reader,
      query: (statement) => {
        texts.push(statement.text)
        return reader.query(statement)
      },
    }
    expect(await groupErrors(counting, { tenantId, filter })).toHaveLength(2)
    expect(texts).toHaveLength(1)
    await reader.close()
  })

  it.each([
    [{ provider: { in: ['openai'] } }, ['PROVIDER_TIMEOUT']],
    [{ provider: { in: ['xai'] } }, []],
    [{ model: { startsWith: 'gpt-' } }, ['PROVIDER_TIMEOUT']],
    [{ errorCode: ['MODEL_NOT_FOUND'] }, ['MODEL_NOT_FOUND']],
    [{ errorCode: ['PROVIDER_TIMEOUT'], status: ['SUCCEEDED'] }, ['PROVIDER_TIMEOUT']],
  ] satisfies [Partial<RequestFilter>, string[]][])(
    'holds provider, model and code against the failures, and all else against their calls: %o',
    async (part, codes) => {
      const groups = await reads.errorGroups({ tenantId, filter: { ...filter, ...part } })
      expect(groups.map(({ code }) => code)).toEqual(codes)
    },
  )

  it('names a request that the fingerprint finds again', async () => {
    for (const { fingerprint, sampleId, count } of await reads.errorGroups({ tenantId, filter })) {
      const alike = { ...filter, errorFingerprint: fingerprint }
      const { edges } = await reads.search({ tenantId, filter: alike })
      expect(edges.map(({ id }) => id)).toContain(sampleId)
      expect(edges).toHaveLength(Number(count))
      expect(await reads.errorGroups({ tenantId, filter: alike })).toMatchObject([
        { fingerprint, count },
      ])
    }
  })
})

describe('calls whose own failure is another one than those of their attempts', () => {
  const day = { from: testEpochMs + 86_400_000, to: testEpochMs + 2 * 86_400_000 }
  const groups = () => reads.errorGroups({ tenantId, filter: { time: day, simulated: false } })

  it('are counted beside them, and targets that were left out for what they cannot do are not', async () => {
    const { records } = await openRecords(database.url)
    const rejected = {
      code: 'PROVIDER_REJECTED',
      message: 'openai:gpt-test was not asked. It takes no images.',
      retryable: false,
      httpStatus: null,
    } as const
    const incapable = attemptOf({ status: 'SKIPPED_INCAPABLE', error: rejected })
    const budget = callAt(day.from, {
      status: 'FAILED',
      errorCode: 'BUDGET_EXCEEDED',
      errorMessage: 'The budget is spent.',
      attempts: [late(1)],
    })
    const able = attemptOf({ index: 1, providerName: 'xai' })
    const passedOver = callAt(day.from + 1, { attempts: [incapable, able] })
    const alone = callAt(day.from + 2, {
      status: 'FAILED',
      errorCode: rejected.code,
      errorMessage: rejected.message,
      attempts: [incapable],
    })
    await Promise.all([budget, passedOver, alone].map((call) => records.end(call)))
    const found = await groups()
    expect(found.map(({ code, count, sampleId }) => [code, count, sampleId])).toEqual(
      expect.arrayContaining([
        ['BUDGET_EXCEEDED', 1n, budget.id],
        ['PROVIDER_TIMEOUT', 1n, budget.id],
        ['PROVIDER_REJECTED', 1n, alone.id],
      ]),
    )
    expect(found).toHaveLength(3)
  })
})

describe('facetRequests', () => {
  it('counts each value, most frequent first, and all others together', async () => {
    const facets = await reads.facets({
      tenantId,
      filter,
      fields: ['STATUS', 'ERROR_CODE', 'TAG', 'END_USER'],
      limit: 1,
    })
    expect(facets).toEqual([
      { field: 'STATUS', values: [{ value: 'FAILED', count: 3n }], otherCount: 3n },
      { field: 'ERROR_CODE', values: [{ value: 'PROVIDER_TIMEOUT', count: 2n }], otherCount: 2n },
      { field: 'TAG', values: [], otherCount: 0n },
      { field: 'END_USER', values: [{ value: 'eve', count: 1n }], otherCount: 0n },
    ])
  })
})
