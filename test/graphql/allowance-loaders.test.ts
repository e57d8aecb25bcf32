import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from '#generated/prisma/client.ts'
import { createAllowanceReads } from '#store/allowance-reads.ts'
import { createAllowance } from '../support/allowances.ts'
import { noAllowanceSource } from '../support/allowance-source.ts'
import { type GraphqlServer, post, startGraphqlServer } from '../support/graphql-server.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { viewerOf } from '../support/tenants.ts'

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
  const allowances = { ...noAllowanceSource, ...createAllowanceReads(client) }
  server = await startGraphqlServer({
    viewer: viewerOf('VIEWER'),
    services: { prisma, allowances },
  })
  for (let count = 0; count < 30; count++) {
    await createAllowance(database.url)
    await createAllowance(database.url, { kind: 'QUOTA', unit: 'REQUESTS', period: 'DAY' })
  }
})

afterAll(async () => {
  await server.close()
  await prisma.$disconnect()
  await database.drop()
})

async function statementsFor(query: string, variables: object): Promise<number> {
  statements = []
  const { json } = await post(server.url, { query, variables })
  expect(json.errors).toBeUndefined()
  return statements.length
}

describe('a page of budgets', () => {
  it('takes as many statements for 30 as for 2, with their history and forecast', async () => {
    const page = `query Page($first: Int!) { budgets(first: $first) { totalCount edges { node {
      name spent scope { label } forecast { exhaustsAt } history(last: 6) { spent } } } } }`
    const few = await statementsFor(page, { first: 2 })
    expect(await statementsFor(page, { first: 30 })).toBe(few)
    expect(few).toBe(4)
  })
})

describe('quotas', () => {
  it('take two statements, with what they refused', async () => {
    const query = '{ quotas { name used throttledLastHour scope { label } } }'
    expect(await statementsFor(query, {})).toBe(2)
  })
})

describe('what has budgets and quotas', () => {
  it('finds both in one statement', async () => {
    const alone = await statementsFor('{ viewer { tenant { name } } }', {})
    const query = '{ viewer { tenant { budgets { name } quotas { name used } } } }'
    expect(await statementsFor(query, {})).toBe(alone + 1)
  })
})
