import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelPrice } from '#domain/price.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { reprice, type Repricing, type RepricingResult } from '#store/repricing.ts'
import { breachesOf, createAllowance, totalsOf } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { begin, call, priceOf, range } from '#test/support/priced-calls.ts'
import { openRecords, sql } from '#test/support/store.ts'
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

const run = (
  tenantId: string,
  prices: Readonly<Record<string, ModelPrice>>,
  over: Partial<Repricing> = {},
): Promise<RepricingResult> =>
  reprice(connection, {
    tenantId,
    filter: { time: range, simulated: false },
    onlyUnpriced: true,
    dryRun: false,
    priceOf: (_provider, model) => prices[model],
    ...over,
  })

const stored = async (id: string) => {
  const [row] = await sql<{ cost_total: string; cost_source: string; price_version: string }>(
    database.url,
    'select cost_total, cost_source, price_version from request where id = $1',
    [id],
  )
  return row
}

describe('calls without a price', () => {
  it('cost what they would have cost, as soon as there is one', async () => {
    const tenantId = await createTenantRow(database.url)
    const { records } = await openRecords(database.url)
    const record = call(tenantId, [{ model: 'new', tokens: [10, 5], cost: undefined }])
    await records.end(record)

    expect(await run(tenantId, { new: priceOf(3) })).toEqual({
      affected: 1n,
      before: 0n,
      after: 60n,
      newlyPriced: ['openai:new'],
    })

    expect(await stored(record.id)).toEqual({
      cost_total: '60',
      cost_source: 'PRICE_TABLE',
      price_version: 'price-3',
    })
    const ledger = await sql(
      database.url,
      'select kind, sequence, ticks from ledger where request_id = $1 order by kind',
      [record.id],
    )
    expect(ledger).toEqual([
      { kind: 'CHARGE', sequence: 0, ticks: null },
      { kind: 'REPRICE', sequence: 1, ticks: '60' },
    ])
    const [sums] = await sql(
      database.url,
      `select sum(cost_ticks)::int as cost, sum(unpriced)::int as unpriced, sum(requests)::int as requests
       from usage_rollup where tenant_id = $1 and size = 15`,
      [tenantId],
    )
    expect(sums).toEqual({ cost: 60, unpriced: 0, requests: 1 })
    const [day] = await sql(
      database.url,
      `select sum(cost_ticks)::int as cost, sum(unpriced)::int as unpriced, sum(requests)::int as requests
       from usage_by_day where tenant_id = $1 and dimension = 'END_USER' and value = 'somebody'`,
      [tenantId],
    )
    expect(day).toEqual({ cost: 60, unpriced: 0, requests: 1 })
  })

  it('stay without one where none is known, and as they are in a dry run', async () => {
    const tenantId = await createTenantRow(database.url)
    const { records } = await openRecords(database.url)
    const record = call(tenantId, [{ model: 'new', tokens: [10, 5], cost: undefined }])
    await records.end(record)

    expect(await run(tenantId, { other: priceOf(3) })).toMatchObject({ affected: 0n })
    expect(await run(tenantId, { new: priceOf(3) }, { dryRun: true })).toEqual({
      affected: 1n,
      before: 0n,
      after: 60n,
      newlyPriced: ['openai:new'],
    })

    expect(await stored(record.id)).toMatchObject({ cost_source: 'UNPRICED', cost_total: null })
  })

  it('of another tenant are not touched', async () => {
    const [mine, other] = [await createTenantRow(database.url), await createTenantRow(database.url)]
    const { records } = await openRecords(database.url)
    const record = call(other, [{ model: 'new', tokens: [10, 5], cost: undefined }])
    await records.end(record)

    expect(await run(mine, { new: priceOf(3) })).toMatchObject({ affected: 0n })
    expect(await stored(record.id)).toMatchObject({ cost_source: 'UNPRICED' })
  })

  it('weigh on the budgets that they ran under, as an overage where nothing was held for them', async () => {
    const tenantId = await createTenantRow(database.url)
    const budget = await createAllowance(database.url, { tenantId, limit: 100n })
    const { records } = await openRecords(database.url)
    const record = call(tenantId, [{ model: 'new', tokens: [10, 5], cost: undefined }])
    await records.end(await begin(records, { record, allowances: [budget], price: undefined }))
    expect(await totalsOf(database.url, budget)).toMatchObject({ spent: 0n })

    await run(tenantId, { new: priceOf(30) })

    expect(await totalsOf(database.url, budget)).toEqual({ spent: 600n, held: 0n, overage: 600n })
    expect(await breachesOf(database.url)).toEqual([])
  })
})

describe('calls with a price', () => {
  it('are priced again only where that was asked for, and never where the provider told the cost', async () => {
    const tenantId = await createTenantRow(database.url)
    const { records } = await openRecords(database.url)
    const priced = call(tenantId, [{ model: 'm', tokens: [10, 5], cost: priceOf(1) }])
    const reported = call(tenantId, [{ model: 'm', tokens: [10, 5], cost: 'REPORTED' }])
    await records.end(priced)
    await records.end(reported)

    expect(await run(tenantId, { m: priceOf(2) })).toMatchObject({ affected: 0n })
    expect(await run(tenantId, { m: priceOf(2) }, { onlyUnpriced: false })).toEqual({
      affected: 1n,
      before: 20n,
      after: 40n,
      newlyPriced: [],
    })

    expect(await stored(priced.id)).toMatchObject({ cost_total: '40' })
    expect(await stored(reported.id)).toMatchObject({ cost_total: '10' })
  })

  it('keep the room that others have taken since, however often their price changes', async () => {
    const tenantId = await createTenantRow(database.url)
    const budget = await createAllowance(database.url, { tenantId, limit: 1000n })
    const { records } = await openRecords(database.url)
    const first = call(tenantId, [{ model: 'a', tokens: [100, 100], cost: priceOf(3) }])
    await records.end(
      await begin(records, { record: first, allowances: [budget], price: priceOf(3) }),
    )
    const all = { onlyUnpriced: false }

    await run(tenantId, { a: priceOf(1) }, all)
    const second = call(tenantId, [{ model: 'b', tokens: [100, 100], cost: priceOf(2) }])
    await records.end(
      await begin(records, { record: second, allowances: [budget], price: priceOf(2) }),
    )
    await run(tenantId, { a: priceOf(3) }, all)

    expect(await totalsOf(database.url, budget)).toEqual({ spent: 1500n, held: 0n, overage: 600n })
    await run(tenantId, { a: priceOf(1) }, all)
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 900n, held: 0n, overage: 0n })
    await run(tenantId, { a: priceOf(3) }, all)
    expect(await totalsOf(database.url, budget)).toEqual({ spent: 1500n, held: 0n, overage: 600n })
    expect(await breachesOf(database.url)).toEqual([])
  })
})

it('prices more calls than one transaction takes', async () => {
  const tenantId = await createTenantRow(database.url)
  const { records } = await openRecords(database.url)
  const calls = Array.from({ length: 1201 }, () =>
    call(tenantId, [{ model: 'new', tokens: [10, 5], cost: undefined }]),
  )
  await Promise.all(calls.map((each) => records.end(each)))

  expect(await run(tenantId, { new: priceOf(1) })).toMatchObject({
    affected: 1201n,
    after: 24_020n,
  })
  expect(await run(tenantId, { new: priceOf(1) })).toMatchObject({ affected: 0n })
})

it('prices a call once, whoever else does so at the same time', async () => {
  const tenantId = await createTenantRow(database.url)
  const budget = await createAllowance(database.url, { tenantId, limit: 1_000_000n })
  const { records } = await openRecords(database.url)
  for (let index = 0; index < 20; index++) {
    const record = call(tenantId, [{ model: 'new', tokens: [10, 5], cost: undefined }])
    await records.end(await begin(records, { record, allowances: [budget], price: undefined }))
  }
  const others = Array.from({ length: 3 }, () => openConnection(database.url))
  const asked = {
    tenantId,
    filter: { time: range, simulated: false },
    onlyUnpriced: true,
    dryRun: false,
    priceOf: () => priceOf(1),
  }
  const results = await Promise.all(others.map((each) => reprice(each, asked)))
  await Promise.all(others.map((each) => each.close()))

  expect(results.reduce((sum, { affected }) => sum + affected, 0n)).toBe(20n)
  expect(await totalsOf(database.url, budget)).toMatchObject({ spent: 400n })
  expect(await breachesOf(database.url)).toEqual([])
})
