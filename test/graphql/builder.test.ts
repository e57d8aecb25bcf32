import { PrismaPg } from '@prisma/adapter-pg'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PrismaClient } from '#generated/prisma/client.ts'
import { defaultTenantId } from '#domain/access.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { type GraphqlServer, post, startGraphqlServer } from '../support/graphql-server.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { createKeyRow, createTenantRow, viewerOf } from '../support/tenants.ts'

let database: TestDatabase
let prisma: PrismaClient
let server: GraphqlServer
let statements: string[] = []
beforeAll(async () => {
  database = await createDatabase()
  const client = new PrismaClient({
    adapter: new PrismaPg({ connectionString: database.url }),
    log: [{ emit: 'event', level: 'query' }],
  })
  client.$on('query', ({ query }) => statements.push(query))
  prisma = client
  server = await startGraphqlServer({ viewer: viewerOf('VIEWER'), services: { prisma } })
})
afterAll(async () => {
  await server.close()
  await prisma.$disconnect()
  await database.drop()
})

async function nodesOf(ids: readonly string[]): Promise<unknown> {
  statements = []
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'
  const { json } = await post(server.url, { query, variables: { ids } })
  expect(json.errors).toBeUndefined()
  return json.data?.['nodes']
}

it('nodes that are not there, or not the viewer’s, are null beside those that are', async () => {
  const foreign = await createTenantRow(database.url)
  const own = encodeGlobalId('ApiKey', await createKeyRow(database.url))
  const tenant = encodeGlobalId('Tenant', defaultTenantId)
  const ids = [
    encodeGlobalId('Tenant', foreign),
    own,
    encodeGlobalId('ApiKey', await createKeyRow(database.url, { tenantId: foreign })),
    encodeGlobalId('Request', randomUUID()),
    tenant,
  ]
  expect(await nodesOf(ids)).toEqual([
    null,
    { __typename: 'ApiKey', id: own },
    null,
    null,
    { __typename: 'Tenant', id: tenant },
  ])
})

it('nodes of one type are read by one statement', async () => {
  const ids = Array.from({ length: 20 }, () => encodeGlobalId('Request', randomUUID()))
  expect(await nodesOf(ids)).toEqual(ids.map(() => null))
  expect(statements.filter((text) => text.includes('"request"'))).toHaveLength(1)
})
