import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openReader } from '#store/reader.ts'
import { checkRollups } from '#store/rollup-check.ts'
import { dropOldMinutes, foldRareValues } from '#store/usage-retention.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { costing, openRecords, sql, testEpochMs } from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

describe('foldRareValues', () => {
  it('keeps the 1,000 dearest values of a day that is over, and the sum of all', async () => {
    const { records } = await openRecords(database.url)
    const calls = Array.from({ length: 1200 }, (_, index) =>
      costing(BigInt(index), {
        createdAt: testEpochMs - 400 * 86_400_000,
        endUser: `user ${index}`,
      }),
    )
    await Promise.all(calls.map((call) => records.end(call)))
    const reader = openReader(database.url)
    const sums = () =>
      sql(
        database.url,
        `select is_rest, count(*)::int as values, sum(cost_ticks)::int as cost, sum(requests)::int as requests
        from usage_by_day where dimension = 'END_USER' group by is_rest order by is_rest`,
      )
    await foldRareValues(reader)
    const rare = (199 * 200) / 2
    const folded = [
      { is_rest: false, values: 1000, cost: (1199 * 1200) / 2 - rare, requests: 1000 },
      { is_rest: true, values: 1, cost: rare, requests: 200 },
    ]
    expect(await sums()).toEqual(folded)
    await foldRareValues(reader)
    expect(await sums()).toEqual(folded)
    await reader.close()
  })
})

describe('dropOldMinutes', () => {
  it('takes away sums by minute and leaves those by quarter of an hour', async () => {
    const reader = openReader(database.url)
    await sql(
      database.url,
      `update usage_rollup set bucket_at = '2020-01-01' where size = 1 and ctid = (select min(ctid) from usage_rollup where size = 1)`,
    )
    await dropOldMinutes(reader)
    const [row] = await sql<{ old: number }>(
      database.url,
      `select count(*)::int as old from usage_rollup where size = 1 and bucket_at < now() - interval '48 hours'`,
    )
    const [quarters] = await sql<{ count: number }>(
      database.url,
      'select count(*)::int from usage_rollup where size = 15',
    )
    await reader.close()
    expect(row!.old).toBe(0)
    expect(quarters!.count).toBeGreaterThan(0)
  })
})

describe('checkRollups', () => {
  it('finds a roll-up that is not what the rows say', async () => {
    const { records } = await openRecords(database.url)
    await records.end(costing(100n))
    await sql(
      database.url,
      'update usage_rollup set cost_ticks = cost_ticks + 1 where bucket_at > $1',
      [new Date(testEpochMs - 86_400_000)],
    )
    const reader = openReader(database.url)
    const { drift } = await checkRollups(reader, { from: testEpochMs, to: testEpochMs + 1 })
    await reader.close()
    expect(drift).toMatchObject([
      {
        providerName: 'openai',
        expected: { requests: 1n, cost: 100n },
        recorded: { requests: 1n, cost: 101n },
      },
    ])
  })

  it('finds a call that no roll-up knows', async () => {
    const { records } = await openRecords(database.url)
    const createdAt = testEpochMs + 7_200_000
    await records.end(costing(100n, { createdAt }))
    await sql(database.url, 'delete from usage_rollup where bucket_at > $1', [
      new Date(testEpochMs + 3_600_000),
    ])
    const reader = openReader(database.url)
    const { drift } = await checkRollups(reader, { from: createdAt, to: createdAt + 1 })
    await reader.close()
    expect(drift).toMatchObject([{ recorded: { requests: 0n, cost: 0n } }])
  })
})
