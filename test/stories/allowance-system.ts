import { randomUUID } from 'node:crypto'
import type { Allowance } from '#domain/allowance.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { asGatewayError } from '#domain/errors.ts'
import { unpriced } from '#domain/price.ts'
import type { AttemptOpening, RequestRecord } from '#domain/request-record.ts'
import { callerGone } from '#gateway/call.ts'
import type { Connection } from '#store/connection.ts'
import { attemptOf, openingOf } from '#test/support/request-record.ts'
import { callAt, type OpenedRecords, testEpochMs } from '#test/support/store.ts'
import type { FakeClock } from '#test/support/fake-gateway.ts'
import {
  type AllowanceEvent,
  type Begin,
  type GivenAllowance,
  limitOf,
  modelPrice,
  type ReplicaIndex,
} from './allowance-events.ts'
import { costOf } from './allowance-amounts.ts'
import type { ModelEnd } from './allowance-model.ts'
import { readCosts, readWindows, type SystemWindow } from './allowance-rows.ts'

/** The product on a real Postgres: two replicas, and whoever sweeps up behind one that died. */
export interface AllowanceBench {
  readonly sql: Connection
  readonly replicas: readonly [OpenedRecords<FakeClock>, OpenedRecords<FakeClock>]
  /** @returns How many calls of dead replicas it has finished. */
  sweep(): Promise<number>
}

interface SystemCall {
  readonly record: RequestRecord
  readonly cancellation: Cancellation
  state: string
  attempt: AttemptOpening | undefined
}

const leastUseful = 16

/** Moves a window to a second of its own in the past. */
const endWindow = `
update allowance_window set starts_at = '2000-01-01'::timestamptz + id * interval '1 s',
  ends_at = '2000-01-01'::timestamptz + (id + 1) * interval '1 s'
where allowance_id = $1 and (ends_at is null or ends_at > now())`

/** One run's allowances and calls, in a tenant of their own. */
export class AllowanceSystem {
  readonly #bench: AllowanceBench
  readonly #tenantId = randomUUID()
  readonly #allowances: readonly Allowance[]
  readonly calls: SystemCall[] = []

  private constructor(bench: AllowanceBench, given: readonly GivenAllowance[]) {
    this.#bench = bench
    this.#allowances = given.map(({ unit, action, limit }, index) => ({
      id: randomUUID(),
      tenantId: this.#tenantId,
      kind: unit === 'TICKS' ? 'BUDGET' : 'QUOTA',
      name: `allowance ${index}`,
      scope: { kind: 'TENANT', value: this.#tenantId },
      unit,
      limit,
      period: unit === 'CONCURRENT_REQUESTS' ? 'TOTAL' : 'MONTH',
      timeZone: 'UTC',
      action,
      thresholds: [0.5, 1],
    }))
  }

  static async open(
    bench: AllowanceBench,
    given: readonly GivenAllowance[],
  ): Promise<AllowanceSystem> {
    const system = new AllowanceSystem(bench, given)
    await bench.sql.query({
      text: `insert into tenant (id, slug, name) values ($1::uuid, $1::uuid::text, 'run')`,
      values: [system.#tenantId],
    })
    const rows = system.#allowances.map(({ limit, timeZone, tenantId, scope, ...row }) => ({
      ...row,
      tenant_id: tenantId,
      scope_kind: scope.kind,
      scope_value: scope.value,
      time_zone: timeZone,
      amount: String(limit),
      paused: false,
      version: 1,
      created_at: '2026-01-01T00:00:00Z',
    }))
    await bench.sql.query({
      text: 'insert into allowance select * from json_populate_recordset(null::allowance, $1::json)',
      values: [JSON.stringify(rows)],
    })
    return system
  }

  async atOnce(
    replica: ReplicaIndex,
    { begins, ends }: { begins: readonly Begin[]; ends: readonly ModelEnd[] },
  ): Promise<void> {
    for (const asks of begins) this.#begin(replica, asks)
    const ended = ends.map((end) => this.#end(replica, end))
    await this.#settled(replica)
    await Promise.all(ended)
  }

  async pass(replica: ReplicaIndex, ms: number): Promise<void> {
    this.#bench.replicas[replica].clock.advance(ms)
    await this.#settled(replica)
  }

  leave(call: number): void {
    this.calls[call]!.cancellation.cancel(callerGone())
  }

  /** @param open How many calls it had open: a beat that was under way may keep it alive a moment longer. */
  async crash(replica: ReplicaIndex, open: number): Promise<void> {
    const { replicaId } = this.#bench.replicas[replica]
    for (let found = 0, tries = 0; tries === 0 || (found < open && tries < 20); tries++) {
      await this.#sql('delete from replica where id = $1', replicaId)
      found += await this.#bench.sweep()
    }
    await this.#sql('insert into replica (id) values ($1) on conflict (id) do nothing', replicaId)
  }

  async change(event: Extract<AllowanceEvent, { allowance: number }>): Promise<void> {
    const { id, unit } = this.#allowances[event.allowance % this.#allowances.length]!
    const update = (what: string, value: unknown) =>
      this.#sql(`update allowance set ${what} = $2 where id = $1`, id, value)
    switch (event.kind) {
      case 'RESET':
        await this.#sql(endWindow, id)
        return
      case 'LIMIT':
        await update('amount', String(limitOf(unit, event.percent)))
        return
      case 'PAUSE':
        await update('paused', event.paused)
        return
      case 'DELETE':
        await update('deleted_at', '2026-01-01T00:00:00Z')
    }
  }

  /** Every window of each allowance, in the order in which they were made. */
  windows(): Promise<readonly (readonly SystemWindow[])[]> {
    return readWindows(this.#bench.sql, this.#allowances)
  }

  /** What each call's request shows, in ticks; undefined where there is no request. */
  async costs(): Promise<readonly (bigint | null | undefined)[]> {
    const costs = await readCosts(this.#bench.sql, this.#tenantId)
    return this.calls.map(({ record }) => costs.get(record.id))
  }

  /** Sends those away who wait. */
  async close(): Promise<void> {
    for (const { state, cancellation } of this.calls)
      if (state === 'WAITING') cancellation.cancel(callerGone())
    await Promise.all([this.pass(0, 50), this.pass(1, 50)])
  }

  #begin(replica: ReplicaIndex, { allowances, price, ...tokens }: Begin): void {
    const record = callAt(testEpochMs, { tenantId: this.#tenantId })
    const call: SystemCall = {
      record,
      cancellation: new Cancellation(),
      state: 'WAITING',
      attempt: undefined,
    }
    this.calls.push(call)
    const leastOutputTokens = Math.min(leastUseful, tokens.outputTokens)
    const asked = allowances.map((index) => this.#allowances[index % this.#allowances.length]!)
    const reservation = {
      allowances: [...new Set(asked)],
      demand: { ...tokens, leastOutputTokens, price: modelPrice(price) },
      cancellation: call.cancellation,
    }
    const { usage: _usage, cost: _cost, status: _status, ...opening } = attemptOf()
    this.#bench.replicas[replica].records.begin(openingOf(record), opening, reservation).then(
      (attempt) => Object.assign(call, { state: 'GRANTED', attempt }),
      (error: unknown) => Object.assign(call, { state: asGatewayError(error).code }),
    )
  }

  #end(replica: ReplicaIndex, { call: index, used, price }: ModelEnd): Promise<void> {
    const { record, attempt } = this.calls[index]!
    const total = costOf(used, price)
    const cost =
      total === null
        ? used && unpriced
        : { ...unpriced, total, source: 'PRICE_TABLE' as const, priceVersion: price }
    const usage = used && { ...attemptOf().usage!, ...used }
    const ended = { ...attemptOf(), ...attempt, usage, cost }
    return this.#bench.replicas[replica].records.end({ ...record, usage, cost, attempts: [ended] })
  }

  #sql<Row>(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    return this.#bench.sql.query<Row>({ text, values })
  }

  async #settled(replica: ReplicaIndex): Promise<void> {
    await this.#bench.replicas[replica].records.flush()
    // Those who wait for the answer hear of it a few turns later.
    await new Promise((resolve) => setImmediate(resolve))
  }
}
