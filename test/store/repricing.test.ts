import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { type Cost, type ModelPrice, priceByTable, unpriced } from '#domain/price.ts'
import type { AttemptRecord, RequestRecord } from '#domain/request-record.ts'
import { totalCost, totalUsage } from '#domain/totals.ts'
import type { DurableCallRecords } from '#store/call-records.ts'
import { type Connection, openConnection } from '#store/connection.ts'
import { correctLostCalls } from '#store/lost-call-correction.ts'
import { finishLostCalls } from '#store/lost-calls.ts'
import { createReads, type Reads } from '#store/reads.ts'
import { createRecordWriter } from '#store/record-writer.ts'
import { reprice, type Repricing, type RepricingResult } from '#store/repricing.ts'
import { breachesOf, createAllowance, totalsOf } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, openingOf } from '#test/support/request-record.ts'
import { callAt, type OpenedRecords, openRecords, sql, testEpochMs } from '#test/support/store.ts'
import { createTenantRow } from '#test/support/tenants.ts'

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

const range = { from: testEpochMs - 60_000, to: testEpochMs + 60_000 }

/** @param input Ticks a token; output costs the double. */
const priceOf = (input: number, version = `price-${input}`): ModelPrice => ({
  version,
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: BigInt(input) * 1_000_000n,
  output: BigInt(input) * 2_000_000n,
})

const usage = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  outputTokens,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  reasoningOutputTokens: 0,
  source: 'PROVIDER_REPORTED' as const,
})

interface Tried {
  readonly model: string
  readonly tokens: readonly [number, number]
  readonly cost: 'REPORTED' | ModelPrice | undefined
}

function attempt({ model, tokens, cost }: Tried, over: Partial<AttemptRecord> = {}): AttemptRecord {
  const used = usage(...tokens)
  return attemptOf({ model, usage: used, cost: costOf(used, cost), ...over })
}

function costOf(used: ReturnType<typeof usage>, cost: Tried['cost']): Cost {
  if (cost === undefined) return unpriced
  if (cost !== 'REPORTED') return priceByTable(used, cost)
  return { ...unpriced, total: BigInt(used.inputTokens), source: 'PROVIDER_REPORTED' }
}

/** A call whose attempts are these; all but the last have failed. */
function call(tenantId: string, tries: readonly Tried[]): RequestRecord {
  const attempts = tries.map((each, index) => attempt(each, { index }))
  return callAt(testEpochMs, {
    tenantId,
    attempts,
    usage: totalUsage(attempts.map((each) => each.usage)),
    cost: totalCost(attempts.map((each) => each.cost)),
    servedModel: attempts.at(-1)!.model,
    endUser: 'somebody',
  })
}

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

/** Begins a call that holds of these allowances what its one attempt can cost. */
async function begin(
  records: DurableCallRecords,
  {
    record,
    allowances,
    price,
  }: {
    record: RequestRecord
    allowances: readonly Allowance[]
    price: ModelPrice | undefined
  },
): Promise<RequestRecord> {
  const demand = { inputTokens: 100, outputTokens: 100, leastOutputTokens: 0, price }
  const [only] = record.attempts
  const { usage: _usage, cost: _cost, status: _status, ...opening } = only!
  const cancellation = new Cancellation()
  const granted = await records.begin(openingOf(record), opening, {
    allowances,
    demand,
    cancellation,
  })
  return { ...record, attempts: [{ ...only!, ...granted }] }
}

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

/** What may happen to calls and prices. */
type Step =
  | {
      readonly kind: 'CALL'
      readonly model: number
      readonly tokens: [number, number]
      readonly reserves: boolean
    }
  | {
      readonly kind: 'TWO_TRIES'
      readonly models: [number, number]
      readonly tokens: [number, number]
    }
  | { readonly kind: 'LOSE'; readonly model: number; readonly reserves: boolean }
  | { readonly kind: 'TRUTH'; readonly tokens: [number, number] }
  | { readonly kind: 'PRICE'; readonly model: number; readonly price: number | null }
  | { readonly kind: 'REPRICE'; readonly onlyUnpriced: boolean }

const model = fc.nat(2)
const tokens = fc.tuple(fc.nat(100), fc.nat(100))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('CALL' as const), model, tokens, reserves: fc.boolean() }),
  fc.record({ kind: fc.constant('TWO_TRIES' as const), models: fc.tuple(model, model), tokens }),
  fc.record({ kind: fc.constant('LOSE' as const), model, reserves: fc.boolean() }),
  fc.record({ kind: fc.constant('TRUTH' as const), tokens }),
  fc.record({ kind: fc.constant('PRICE' as const), model, price: fc.option(fc.nat(5)) }),
  fc.record({ kind: fc.constant('REPRICE' as const), onlyUnpriced: fc.boolean() }),
)

/** A lost call that is priced again before its truth arrives is rare by chance. */
const late: fc.Arbitrary<Step[]> = fc
  .record({ model, price: fc.nat(5), reserves: fc.boolean(), used: tokens })
  .map(({ model: lost, price, reserves, used }) => [
    { kind: 'LOSE', model: lost, reserves },
    { kind: 'PRICE', model: lost, price },
    { kind: 'REPRICE', onlyUnpriced: false },
    { kind: 'TRUTH', tokens: used },
  ])
const steps = fc
  .array(
    fc.oneof({ weight: 6, arbitrary: step.map((only) => [only]) }, { weight: 1, arbitrary: late }),
    { minLength: 3, maxLength: 12 },
  )
  .map((groups) => groups.flat())

class Story {
  readonly #prices: (ModelPrice | undefined)[] = [priceOf(1), undefined, priceOf(2)]
  readonly #lost: RequestRecord[] = []
  readonly #tenantId: string
  readonly #allowances: readonly Allowance[]
  readonly #alive: OpenedRecords<unknown>
  readonly #dying: OpenedRecords<unknown>

  constructor(
    tenantId: string,
    allowances: readonly Allowance[],
    [alive, dying]: readonly [OpenedRecords<unknown>, OpenedRecords<unknown>],
  ) {
    this.#tenantId = tenantId
    this.#allowances = allowances
    this.#alive = alive
    this.#dying = dying
  }

  #tried(index: number, used: [number, number]): Tried {
    const cost = index === 2 && used[0] % 3 === 0 ? 'REPORTED' : this.#prices[index]
    return { model: `m${index}`, tokens: used, cost }
  }

  async #begun(records: DurableCallRecords, record: RequestRecord, index: number) {
    const price = this.#prices[index]
    const isRefused = (error: unknown) => /EXCEEDED/.test(String((error as { code: string }).code))
    try {
      return await begin(records, { record, allowances: this.#allowances, price })
    } catch (error) {
      if (isRefused(error)) return undefined
      throw error
    }
  }

  async do(next: Step): Promise<void> {
    switch (next.kind) {
      case 'CALL': {
        const record = call(this.#tenantId, [this.#tried(next.model, next.tokens)])
        const { records } = this.#alive
        const begun = next.reserves ? await this.#begun(records, record, next.model) : record
        if (begun) await records.end(begun)
        return
      }
      case 'TWO_TRIES': {
        const tries = next.models.map((each) => this.#tried(each, next.tokens))
        await this.#alive.records.end(call(this.#tenantId, tries))
        return
      }
      case 'LOSE': {
        const record = call(this.#tenantId, [this.#tried(next.model, [0, 0])])
        const price = this.#prices[next.model]
        const hold = {
          inputTokens: 100,
          outputTokens: 100,
          cost: price ? costOf(usage(100, 100), price).total : null,
          priceVersion: price?.version ?? null,
        }
        const held = { ...record, attempts: record.attempts.map((each) => ({ ...each, hold })) }
        const { records, replicaId } = this.#dying
        if (!next.reserves) await records.begin(openingOf(held), held.attempts[0]!)
        const begun = next.reserves ? await this.#begun(records, held, next.model) : held
        await connection.query({ text: 'delete from replica where id = $1', values: [replicaId] })
        await finishLostCalls(connection, {
          replicaId: randomUUID(),
          now: testEpochMs,
          write: createRecordWriter(connection, {
            corrected: (rows) => correctLostCalls(connection, rows),
          }),
        })
        if (begun) this.#lost.push(begun)
        return
      }
      case 'TRUTH': {
        const lost = this.#lost.pop()
        const [only] = lost?.attempts ?? []
        if (!lost || !only) return
        const { usage: used, cost } = attempt(this.#tried(Number(only.model.slice(1)), next.tokens))
        await this.#dying.records.end({
          ...lost,
          usage: used,
          cost,
          attempts: [{ ...only, usage: used, cost }],
        })
        return
      }
      case 'PRICE':
        this.#prices[next.model] = next.price === null ? undefined : priceOf(next.price)
        return
      case 'REPRICE': {
        const prices = Object.fromEntries(
          this.#prices.flatMap((price, index) => (price ? [[`m${index}`, price]] : [])),
        )
        const { onlyUnpriced } = next
        const dry = await run(this.#tenantId, prices, { onlyUnpriced, dryRun: true })
        const real = await run(this.#tenantId, prices, { onlyUnpriced })
        expect(dry).toEqual(real)
        expect(await run(this.#tenantId, prices, { onlyUnpriced })).toMatchObject({ affected: 0n })
      }
    }
  }
}

it('keeps every invariant, whatever happens to calls and prices', async () => {
  const replicas = [await openRecords(database.url), await openRecords(database.url)] as const
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const tenantId = await createTenantRow(database.url)
      const story = new Story(
        tenantId,
        [
          await createAllowance(database.url, { tenantId, limit: 1500n }),
          await createAllowance(database.url, { tenantId, limit: 900n, action: 'NOTIFY' }),
          await createAllowance(database.url, {
            tenantId,
            kind: 'QUOTA',
            unit: 'TOKENS',
            limit: 2000n,
            period: 'DAY',
          }),
        ],
        replicas,
      )
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
