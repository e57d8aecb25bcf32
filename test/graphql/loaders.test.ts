import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { PrismaClient } from '#generated/prisma/client.ts'
import { bootstrapKeyId, readTenancy } from '#store/bootstrap-key.ts'
import { groupErrors } from '#store/error-groups.ts'
import { openReader, type Reader } from '#store/reader.ts'
import { facetRequests } from '#store/request-facets.ts'
import { countRequests, searchRequests } from '#store/request-search.ts'
import { usageReport } from '#store/usage-report.ts'
import type { RequestReads } from '#graphql/sources.ts'
import { adminViewer, FakeClock } from '../support/fake-gateway.ts'
import { type GraphqlServer, post, startGraphqlServer } from '../support/graphql-server.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { attemptOf, failedAttempt } from '../support/request-record.ts'
import { callAt, openRecords, sql, testEpochMs } from '../support/store.ts'

const keys = Array.from({ length: 10 }, (_, index) => `00000000-0000-7000-8000-0000000001${index}0`)
const stranger = '00000000-0000-7000-8000-0000000000ff'
let database: TestDatabase
let prisma: PrismaClient
let reader: Reader
let server: GraphqlServer
let statements: string[] = []

beforeAll(async () => {
  database = await createDatabase()
  await readTenancy(database.url, { withBootstrapKey: true })
  for (const key of keys) {
    await sql(
      database.url,
      'insert into api_key (id, tenant_id, public_id, name, role) values ($1, $2, $3, $3, $4)',
      [key, defaultTenantId, key, 'CALLER'],
    )
  }
  await sql(
    database.url,
    `insert into tenant (id, slug, name) values ('${stranger}', 'stranger', 'Stranger')`,
  )
  const client = new PrismaClient({
    adapter: new PrismaPg({ connectionString: database.url }),
    log: [{ emit: 'event', level: 'query' }],
  })
  client.$on('query', ({ query }) => statements.push(query))
  prisma = client
  const inner = openReader(database.url)
  reader = {
    close: () => inner.close(),
    query: (statement) => {
      statements.push(statement.text)
      return inner.query(statement)
    },
  }
  const reads: RequestReads = {
    search: (asked) => searchRequests(reader, asked),
    count: (asked) => countRequests(reader, asked),
    facets: (asked) => facetRequests(reader, asked),
    errorGroups: (asked) => groupErrors(reader, asked),
    usage: (asked) => usageReport(reader, asked),
  }
  server = await startGraphqlServer({
    clock: new FakeClock(),
    services: { prisma, reads },
    viewer: { ...adminViewer, runsInstallation: false },
  })
})
afterAll(async () => {
  await server.close()
  await prisma.$disconnect()
  await reader.close()
  await database.drop()
})

const page = `query Page($first: Int!) {
  requests(filter: {time: {relative: {from: "now-1d"}}}, first: $first) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node {
      id requestId status tags metadata usage { totalTokens source } cost { total source }
      provider { name credential health { state } }
      apiKey { id name publicId role scopes tenant { id slug } }
      tenant { name reportingTimeZone }
      attempts { index status durationMs cost error { code message } provider { name } }
      payload { notStoredReason }
    } }
  }
}`

async function record(count: number, tenantId?: string) {
  const { records } = await openRecords(database.url)
  const calls = Array.from({ length: count }, (_, index) =>
    callAt(testEpochMs - 1000 - index, {
      ...(tenantId && { tenantId }),
      apiKeyId: tenantId
        ? null
        : count === 1
          ? bootstrapKeyId
          : (keys[index % keys.length] ?? null),
      metadata: { index },
      tags: ['t'],
      attempts: [failedAttempt('PROVIDER_TIMEOUT'), attemptOf({ index: 1 })],
    }),
  )
  await Promise.all(calls.map((call) => records.end(call)))
  return calls
}

async function statementsFor(first: number): Promise<number> {
  await post(server.url, { query: page, variables: { first } })
  statements = []
  const { json } = await post(server.url, { query: page, variables: { first } })
  expect(json.errors).toBeUndefined()
  expect(json.data?.['requests']).toMatchObject({ edges: { length: first } })
  return statements.length
}

describe('a page of requests', () => {
  it('takes as many statements for 50 rows as for 2', async () => {
    await record(60)
    const few = await statementsFor(2)
    expect(await statementsFor(50)).toBe(few)
    expect(few).toBeLessThanOrEqual(7)
  })

  it('holds what was recorded, to the tick', async () => {
    const [call] = await record(1)
    const id = call?.id
    const query = `{ requests(filter: {time: {relative: {from: "now-1d"}}, requestId: "${id}"}) { totalCount edges { node {
      requestId metadata tags status usage { inputTokens outputTokens } cost { total input output source } apiKey { name scopes } attempts { index status error { code } cost } } } } }`
    const { json } = await post(server.url, { query })
    expect(json.data?.['requests']).toEqual({
      totalCount: 1,
      edges: [
        {
          node: {
            requestId: id,
            metadata: { index: 0 },
            tags: ['t'],
            status: 'SUCCEEDED',
            usage: { inputTokens: 10, outputTokens: 5 },
            cost: {
              total: '0.0000003',
              input: '0.0000001',
              output: '0.0000002',
              source: 'PRICE_TABLE',
            },
            apiKey: {
              name: 'ROUTER_AUTH_TOKEN',
              scopes: [
                'read',
                'complete',
                'manage-budgets',
                'manage-keys',
                'manage-config',
                'admin',
              ],
            },
            attempts: [
              { index: 0, status: 'FAILED', error: { code: 'PROVIDER_TIMEOUT' }, cost: null },
              { index: 1, status: 'SUCCEEDED', error: null, cost: '0.0000003' },
            ],
          },
        },
      ],
    })
  })
})

describe('node', () => {
  const node =
    'query N($id: ID!) { node(id: $id) { __typename id ... on Request { requestId attempts { index } } ... on ApiKey { name } ... on Tenant { slug usage(query: {filter: {time: {relative: {from: "now-1h"}}}, metrics: [REQUESTS, COST]}) { totals { metric value exact } } } } }'
  const idOf = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url')
  const find = async (id: string) =>
    (await post(server.url, { query: node, variables: { id } })).json

  it('finds requests, keys and the viewer’s tenant', async () => {
    const [call] = await record(1)
    expect((await find(idOf('Request', call?.id ?? ''))).data?.['node']).toMatchObject({
      requestId: call?.id,
      attempts: [{ index: 0 }, { index: 1 }],
    })
    expect((await find(idOf('ApiKey', bootstrapKeyId))).data?.['node']).toMatchObject({
      name: 'ROUTER_AUTH_TOKEN',
    })
    const tenant = (await find(idOf('Tenant', '00000000-0000-7000-8000-000000000001'))).data?.[
      'node'
    ]
    expect(tenant).toMatchObject({
      slug: 'default',
      usage: { totals: [{ metric: 'REQUESTS' }, { metric: 'COST', exact: expect.any(String) }] },
    })
  })

  it('is null, and no error, for what is another tenant’s or nobody’s', async () => {
    const [foreign] = await record(1, stranger)
    for (const id of [
      idOf('Request', foreign?.id ?? ''),
      idOf('Tenant', stranger),
      idOf('ApiKey', stranger),
      idOf('Provider', 'nobody'),
      idOf('Model', 'no:model'),
    ]) {
      expect(await find(id)).toEqual({ data: { node: null } })
    }
  })
})

it('errors are grouped, with a sample', async () => {
  const query =
    '{ errorGroups(filter: {time: {relative: {from: "now-1d"}}}) { code count rescued provider { name } trend sample { requestId } } }'
  const { json } = await post(server.url, { query })
  expect(json.data?.['errorGroups']).toMatchObject([
    {
      code: 'PROVIDER_TIMEOUT',
      provider: { name: 'openai' },
      sample: { requestId: expect.any(String) },
    },
  ])
})

it('facets count by field', async () => {
  const query =
    '{ requestFacets(filter: {time: {relative: {from: "now-1d"}}}, fields: [STATUS, TAG]) { field values { value count } otherCount } }'
  const { json } = await post(server.url, { query })
  expect(json.data?.['requestFacets']).toMatchObject([
    { field: 'STATUS', values: [{ value: 'SUCCEEDED' }] },
    { field: 'TAG', values: [{ value: 't' }] },
  ])
})
