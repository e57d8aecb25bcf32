import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { filterable, requestMatches } from '#domain/request-match.ts'
import type { RequestFilter, StringFilter } from '#domain/request-filter.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { openReader, type Reader } from '#store/reader.ts'
import type { RequestOrder, RequestOrderField } from '#store/request-cursor.ts'
import { countRequests, searchRequests } from '#store/request-search.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, failedAttempt } from '#test/support/request-record.ts'
import { callAt, openRecords, testEpochMs } from '#test/support/store.ts'

const tenantId = defaultTenantId
const names = ['Eve', 'eve_1', 'a%b', 'o\\k', null]
const time = { from: testEpochMs - 1000, to: testEpochMs + 100_000 }
const everything: RequestFilter = { time, simulated: false }

/** Calls that differ in whatever a filter looks at. */
function variedCalls(): RequestRecord[] {
  return Array.from({ length: 60 }, (_, index) => {
    const cost =
      index % 7 === 0
        ? { ...attemptOf().cost!, total: null, source: 'UNPRICED' as const }
        : { ...attemptOf().cost!, total: BigInt(index % 5) }
    const usage = { ...attemptOf().usage!, inputTokens: index % 4 }
    const failed = index % 6 === 0
    const attempt = failed
      ? failedAttempt('PROVIDER_TIMEOUT', { providerName: 'xai' })
      : attemptOf({ cost, usage })
    return callAt(testEpochMs + index, {
      attempts: index % 11 === 0 ? [] : [attempt],
      ...(index % 11 === 0
        ? {
            status: 'REFUSED',
            errorCode: 'MODEL_NOT_FOUND',
            errorMessage: 'none such',
            providerName: null,
            servedModel: null,
            usage: null,
            cost: null,
            httpStatus: 404,
          }
        : {}),
      tenantId: index % 10 === 9 ? otherTenant : tenantId,
      apiKeyId: index % 3 === 0 ? apiKeyId : null,
      endUser: names[index % names.length]!,
      tags: index % 2 === 0 ? ['x', `t${index % 3}`] : [],
      latencyMs: index % 9,
      stream: index % 2 === 0,
      priority: index % 8 === 0 ? 'HIGH' : 'NORMAL',
      simulated: index % 13 === 0,
    })
  })
}

const otherTenant = randomUUID()
const apiKeyId = randomUUID()
const calls = variedCalls()
const mine = calls.filter((call) => call.tenantId === tenantId)

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

it('records the calls that are searched below', async () => {
  const { records } = await openRecords(database.url)
  await Promise.all(calls.map((call) => records.end(call)))
  expect(await countRequests(reader, { tenantId, filter: everything })).toBe(
    mine.filter(({ simulated }) => !simulated).length,
  )
})

const idsBy = async (filter: RequestFilter, order?: RequestOrder) =>
  (await searchRequests(reader, { tenantId, filter, order, page: { first: 500 } })).edges.map(
    ({ id }) => id,
  )

const texts = fc.constantFrom(
  'Eve',
  'eve',
  'E',
  '_',
  '%',
  'a%b',
  '\\',
  'x',
  't1',
  'openai',
  'gpt-test',
  'none',
  '\0',
)
const stringFilter: fc.Arbitrary<StringFilter> = fc.oneof(
  fc.array(texts, { maxLength: 3 }).map((list) => ({ in: list })),
  fc.array(texts, { maxLength: 3 }).map((list) => ({ notIn: list })),
  texts.map((contains) => ({ contains })),
  texts.map((startsWith) => ({ startsWith })),
  fc.boolean().map((exists) => ({ exists })),
)
const bound = fc.option(fc.integer({ min: -1, max: 8 }), { nil: null })
const range = fc.record({ gt: bound, lte: bound, gte: bound }, { requiredKeys: [] })
const fingerprints = [...new Set(calls.flatMap((call) => filterable(call).fingerprints))]
const filters: fc.Arbitrary<RequestFilter> = fc.record(
  {
    time: fc.constant(time),
    simulated: fc.boolean(),
    status: fc.subarray(['SUCCEEDED', 'FAILED', 'REFUSED'] as const),
    priority: fc.subarray(['HIGH', 'NORMAL'] as const),
    costSource: fc.subarray(['PRICE_TABLE', 'UNPRICED'] as const),
    errorCode: fc.subarray(['PROVIDER_TIMEOUT', 'MODEL_NOT_FOUND'] as const),
    provider: stringFilter,
    model: stringFilter,
    endUser: stringFilter,
    tag: stringFilter,
    apiKey: fc.oneof(stringFilter, fc.constant({ in: [apiKeyId] })),
    latencyMs: range,
    totalTokens: range,
    cost: fc.record(
      { gt: fc.bigInt({ min: -1n, max: 5n }), lte: fc.bigInt({ min: 0n, max: 5n }) },
      { requiredKeys: [] },
    ),
    stream: fc.boolean(),
    errorFingerprint: fc.constantFrom(...fingerprints),
  },
  { requiredKeys: ['time', 'simulated'] },
)

describe('the filter', () => {
  it('selects the same calls in Postgres as in memory, of one tenant only', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const expected = mine
          .filter((call) => requestMatches(filter, filterable(call)))
          .map(({ id }) => id)
        expect((await idsBy(filter)).toSorted()).toEqual(expected.toSorted())
        expect(await countRequests(reader, { tenantId, filter })).toBe(expected.length)
      }),
      { numRuns: 150 },
    )
  })

  it('ends before the end of its range', async () => {
    const [first, second] = mine
    const filter = { time: { from: first!.createdAt, to: second!.createdAt }, simulated: true }
    expect(await idsBy(filter)).toEqual([first!.id])
  })

  it('cannot be asked without a tenant', async () => {
    await expect(searchRequests(reader, { tenantId: '', filter: everything })).rejects.toThrow(
      'without a tenant',
    )
  })

  it.each([
    ['a range that ends before it begins', { time: { from: 2, to: 1 }, simulated: false }],
    ['a request id that is none', { ...everything, requestId: `' or true --` }],
  ])('refuses %s', async (_, filter) => {
    await expect(searchRequests(reader, { tenantId, filter })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })
})

describe('searchRequests', () => {
  const orders = fc.record({
    field: fc.constantFrom<RequestOrderField>('CREATED_AT', 'LATENCY', 'COST', 'TOKENS'),
    direction: fc.constantFrom('ASC' as const, 'DESC' as const),
  })

  it('shows every call once, in one order, whatever the page size and direction', async () => {
    await fc.assert(
      fc.asyncProperty(orders, fc.integer({ min: 1, max: 20 }), async (order, size) => {
        const all = await idsBy(everything, order)
        expect(await walk(order, { size, key: 'first', cursor: 'after' })).toEqual(all)
        expect(await walk(order, { size, key: 'last', cursor: 'before' })).toEqual(all)
      }),
      { numRuns: 25 },
    )
  })

  it('orders by what was asked, the unknown behind all else', async () => {
    const ids = await idsBy(everything, { field: 'COST', direction: 'DESC' })
    const costs = ids.map((id) => calls.find((call) => call.id === id)!.cost?.total ?? -1n)
    expect(costs).toEqual(costs.toSorted((a, b) => Number(b - a)))
  })

  it.each([
    ['rubbish', 'rubbish'],
    ['another order', Buffer.from(`LATENCY:DESC:1:${randomUUID()}`).toString('base64url')],
    [
      'a value that is no number',
      Buffer.from(`COST:DESC:1;drop:${randomUUID()}`).toString('base64url'),
    ],
    [
      'a value beyond 64 bits',
      Buffer.from(`COST:DESC:9999999999999999999:${randomUUID()}`).toString('base64url'),
    ],
    ['a value with a fraction', Buffer.from(`COST:DESC:1.5:${randomUUID()}`).toString('base64url')],
  ])('refuses a cursor of %s', async (_, after) => {
    const order = { field: 'COST', direction: 'DESC' } as const
    await expect(
      searchRequests(reader, { tenantId, filter: everything, order, page: { after } }),
    ).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })

  it.each([
    { first: 1e9 },
    { first: -1 },
    { first: 1.5 },
    { first: 1, last: 1 },
    { last: 1, after: 'x' },
  ])('refuses the page %j', async (page) => {
    await expect(
      searchRequests(reader, { tenantId, filter: everything, page }),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('is one statement, whatever the size of the page', async () => {
    let statements = 0
    const counting: Reader = {
      ...reader,
      query: (statement) => (statements++, reader.query(statement)),
    }
    await searchRequests(counting, { tenantId, filter: everything, page: { first: 500 } })
    expect(statements).toBe(1)
  })
})

/** Follows cursors to the end. */
async function walk(
  order: RequestOrder,
  { size, key, cursor }: { size: number; key: 'first' | 'last'; cursor: 'after' | 'before' },
): Promise<string[]> {
  const found: string[] = []
  let at: string | undefined
  for (;;) {
    const page = await searchRequests(reader, {
      tenantId,
      filter: everything,
      order,
      page: { [key]: size, [cursor]: at },
    })
    const ids = page.edges.map(({ id }) => id)
    if (key === 'first') found.push(...ids)
    else found.unshift(...ids)
    if (!(key === 'first' ? page.hasNextPage : page.hasPreviousPage)) return found
    at = (key === 'first' ? page.edges.at(-1) : page.edges[0])!.cursor
  }
}
