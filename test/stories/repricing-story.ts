import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Allowance } from '#domain/allowance.ts'
import type { ModelPrice } from '#domain/price.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { DurableCallRecords } from '#store/call-records.ts'
import type { Connection } from '#store/connection.ts'
import { correctLostCalls } from '#store/lost-call-correction.ts'
import { finishLostCalls } from '#store/lost-calls.ts'
import { createRecordWriter } from '#store/record-writer.ts'
import { reprice } from '#store/repricing.ts'
import {
  attempt,
  begin,
  call,
  costOf,
  priceOf,
  range,
  type Tried,
  usage,
} from '#test/support/priced-calls.ts'
import { openingOf } from '#test/support/request-record.ts'
import { type OpenedRecords, testEpochMs } from '#test/support/store.ts'
import type { Step } from './repricing-steps.ts'

/** Calls of one tenant on a real Postgres, and what their models cost. */
export class RepricingStory {
  readonly #prices: (ModelPrice | undefined)[] = [priceOf(1), undefined, priceOf(2)]
  readonly #lost: RequestRecord[] = []
  readonly #tenantId: string
  readonly #allowances: readonly Allowance[]
  readonly #connection: Connection
  readonly #alive: OpenedRecords<unknown>
  readonly #dying: OpenedRecords<unknown>

  constructor(
    tenantId: string,
    {
      allowances,
      connection,
      replicas: [alive, dying],
    }: {
      allowances: readonly Allowance[]
      connection: Connection
      replicas: readonly [OpenedRecords<unknown>, OpenedRecords<unknown>]
    },
  ) {
    this.#tenantId = tenantId
    this.#allowances = allowances
    this.#connection = connection
    this.#alive = alive
    this.#dying = dying
  }

  #tried(index: number, used: [number, number]): Tried {
    const cost = index === 2 && used[0] % 3 === 0 ? 'REPORTED' : this.#prices[index]
    return { model: `m${index}`, tokens: used, cost }
  }

  async #begun(records: DurableCallRecords, record: RequestRecord, index: number) {
    const price = this.#prices[index]
    const isRefused = (error: unknown) => /EXCEEDED/.test((error as { code: string }).code)
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
        await this.#connection.query({
          text: 'delete from replica where id = $1',
          values: [replicaId],
        })
        await finishLostCalls(this.#connection, {
          replicaId: randomUUID(),
          now: testEpochMs,
          write: createRecordWriter(this.#connection, {
            corrected: (rows) => correctLostCalls(this.#connection, rows),
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
        await this.#reprice(prices, next.onlyUnpriced)
      }
    }
  }

  /** A dry run says what the real one does, and after that there is nothing left to do. */
  async #reprice(prices: Readonly<Record<string, ModelPrice>>, onlyUnpriced: boolean) {
    const run = (dryRun: boolean) =>
      reprice(this.#connection, {
        tenantId: this.#tenantId,
        filter: { time: range, simulated: false },
        onlyUnpriced,
        dryRun,
        priceOf: (_provider, model) => prices[model],
      })
    const dry = await run(true)
    assert.deepEqual(dry, await run(false))
    assert.equal((await run(false)).affected, 0n)
  }
}
