import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Connection, openConnection } from '#store/connection.ts'
import { createReads, type Reads } from '#store/reads.ts'
import { breachesOf, createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { range } from '#test/support/priced-calls.ts'
import { openRecords } from '#test/support/store.ts'
import { createTenantRow } from '#test/support/tenants.ts'
import { steps } from './repricing-steps.ts'
import { RepricingStory } from './repricing-story.ts'

let database: TestDatabase
let connection: Connection
let reads: Reads

beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
  reads = createReads({ databaseUrl: database.url })
})
afterAll(async () => {
  await connection.close()
  await reads.close()
  await database.drop()
})

it('keeps every invariant, whatever happens to calls and prices', async () => {
  const replicas = [await openRecords(database.url), await openRecords(database.url)] as const
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const tenantId = await createTenantRow(database.url)
      const allowances = [
        await createAllowance(database.url, { tenantId, limit: 1500n }),
        await createAllowance(database.url, { tenantId, limit: 900n, action: 'NOTIFY' }),
        await createAllowance(database.url, {
          tenantId,
          kind: 'QUOTA',
          unit: 'TOKENS',
          limit: 2000n,
          period: 'DAY',
        }),
      ]
      const story = new RepricingStory(tenantId, { allowances, connection, replicas })
      for (const each of [...given, { kind: 'REPRICE', onlyUnpriced: false } as const])
        await story.do(each)

      expect(await breachesOf(database.url)).toEqual([])
      const { drift, ledger } = await reads.check(range)
      expect(drift).toEqual([])
      expect(ledger.charged).toBe(ledger.cost)
    }),
    { numRuns: 60 },
  )
}, 120_000)
