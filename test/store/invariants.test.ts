import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { invariants } from '#store/invariants.ts'
import { breachesOf, createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, openingOf } from '#test/support/request-record.ts'
import { costing, openRecords, sql } from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const [spent, held, limit, once, cost] = invariants.map(({ name }) => name)

/** A tick a token. */
const price = {
  version: 'test',
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: 1_000_000n,
  output: 1_000_000n,
}

it('finds nothing in books that are right, and by name whatever is not', async () => {
  const budget = await createAllowance(database.url)
  const { records } = await openRecords(database.url)
  const begin = async () => {
    const call = costing(130n)
    const demand = { inputTokens: 1000, outputTokens: 0, leastOutputTokens: 0, price }
    const reservation = { allowances: [budget], demand, cancellation: new Cancellation() }
    const attempt = await records.begin(openingOf(call), attemptOf(), reservation)
    return { ...call, attempts: [{ ...call.attempts[0]!, windows: attempt.windows! }] }
  }
  const ended = await begin()
  await records.end(ended)
  const open = await begin()

  const foundAfter = async (statement: string) => {
    await sql(database.url, statement)
    return (await breachesOf(database.url)).map(({ invariant }) => invariant)
  }
  const window = (change: string) => `update allowance_window set ${change}`
  const request = (id: string, change: string) => `update request set ${change} where id = '${id}'`

  expect(await foundAfter('select 1')).toEqual([])
  expect(await foundAfter(window('spent = spent + 1'))).toEqual([spent])
  expect(await foundAfter(window('spent = spent - 1, held = held + 1'))).toEqual([held])
  expect(await foundAfter(window('held = held - 1, ceiling = 1129'))).toEqual([limit])
  expect(await foundAfter(window('ceiling = 1130'))).toEqual([])
  const most = String(2n ** 63n - 1n)
  expect(await foundAfter(window(`spent = ${most}, held = ${most}`))).toEqual([spent, held, limit])
  expect(await foundAfter(window('spent = 130, held = 1000'))).toEqual([])
  expect(await foundAfter(request(ended.id, 'cost_total = 131'))).toEqual([cost])
  expect(await foundAfter(request(ended.id, 'cost_total = 130'))).toEqual([])
  expect(await foundAfter(request(open.id, `status = 'FAILED'`))).toEqual([held, once])
  expect(await foundAfter(request(open.id, `status = 'IN_PROGRESS'`))).toEqual([])
  expect(await foundAfter(request(ended.id, `status = 'IN_PROGRESS'`))).toEqual([held, once])
  const [, breach] = await breachesOf(database.url)
  expect(breach).toMatchObject({
    subject: `attempt 0 of request ${ended.id}`,
    found: 'IN_PROGRESS with 1 charges',
  })
})
