import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { type CostSum, costSumsOf, driftRatio } from '#domain/cost-drift.ts'
import { unpriced } from '#domain/price.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { addCostDrift, readCostDrift } from '#store/cost-drift.ts'
import { createPrisma } from '#store/prisma.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, recordOf } from '#test/support/request-record.ts'
import { createTenantRow } from '#test/support/tenants.ts'

let database: TestDatabase
let connection: Connection
beforeAll(async () => {
  database = await createDatabase()
  connection = openConnection(database.url)
})
afterAll(async () => {
  await connection.close()
  await database.drop()
})

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
const sum = (over: Partial<CostSum>): CostSum => ({
  tenantId: defaultTenantId,
  providerName: 'xai',
  day: day(0),
  calls: 1,
  reported: 120n,
  computed: 100n,
  ...over,
})

it('is the sum over thirty days of a tenant, by provider', async () => {
  const prisma = createPrisma(database.url)
  await addCostDrift(connection, [sum({}), sum({ day: day(29) })])
  await addCostDrift(connection, [sum({}), sum({ day: day(31), reported: 9n })])
  await addCostDrift(connection, [sum({ tenantId: await createTenantRow(database.url) })])
  await addCostDrift(connection, [sum({ providerName: 'openrouter', reported: 2n ** 80n })])

  const drift = await readCostDrift(prisma, { tenantId: defaultTenantId, days: 30 })
  await prisma.$disconnect()
  expect(drift).toEqual(
    new Map([
      ['openrouter', { calls: 1n, reported: 2n ** 80n, computed: 100n }],
      ['xai', { calls: 3n, reported: 360n, computed: 300n }],
    ]),
  )
})

it('is of attempts whose cost the provider reported and the table knows', () => {
  const reported = { ...unpriced, total: 120n, source: 'PROVIDER_REPORTED' } as const
  const attempts = [
    attemptOf({ cost: reported, computedCost: 100n }),
    attemptOf({ cost: reported }),
    attemptOf({ cost: reported, computedCost: 100n, simulated: true }),
    attemptOf(),
  ]
  expect(costSumsOf(recordOf({ attempts, finishedAt: Date.UTC(2026, 10, 23) }))).toEqual([
    { ...sum({ day: '2026-11-23' }), providerName: 'openai' },
  ])
})

it.each([
  [120n, 100n, 1.2],
  [0n, 100n, 0],
  [5n, 0n, null],
])('the ratio of %d to %d is %s', (reported, computed, ratio) => {
  expect(driftRatio({ calls: 1n, reported, computed })).toBe(ratio)
})
