import { Cancellation } from '#domain/cancellation.ts'
import type { Allowance } from '#domain/allowance.ts'
import { type Cost, type ModelPrice, priceByTable, unpriced } from '#domain/price.ts'
import type { AttemptRecord, RequestRecord } from '#domain/request-record.ts'
import { totalCost, totalUsage } from '#domain/totals.ts'
import type { DurableCallRecords } from '#store/call-records.ts'
import { attemptOf, openingOf } from './request-record.ts'
import { callAt, testEpochMs } from './store.ts'

/** Holds all calls of these tests. */
export const range = { from: testEpochMs - 60_000, to: testEpochMs + 60_000 }

/** @param input Ticks a token; output costs the double. */
export const priceOf = (input: number, version = `price-${input}`): ModelPrice => ({
  version,
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: BigInt(input) * 1_000_000n,
  output: BigInt(input) * 2_000_000n,
})

/** Tokens that the provider reported. */
export const usage = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  outputTokens,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  reasoningOutputTokens: 0,
  source: 'PROVIDER_REPORTED' as const,
})

/** An attempt as a test wants it. */
export interface Tried {
  readonly model: string
  readonly tokens: readonly [number, number]
  readonly cost: 'REPORTED' | ModelPrice | undefined
}

/** An attempt that used and cost so much. */
export function attempt(
  { model, tokens, cost }: Tried,
  over: Partial<AttemptRecord> = {},
): AttemptRecord {
  const used = usage(...tokens)
  return attemptOf({ model, usage: used, cost: costOf(used, cost), ...over })
}

/** What that much usage costs; without a price it is unpriced. */
export function costOf(used: ReturnType<typeof usage>, cost: Tried['cost']): Cost {
  if (cost === undefined) return unpriced
  if (cost !== 'REPORTED') return priceByTable(used, cost)
  return { ...unpriced, total: BigInt(used.inputTokens), source: 'PROVIDER_REPORTED' }
}

/** A call whose attempts are these; all but the last have failed. */
export function call(tenantId: string, tries: readonly Tried[]): RequestRecord {
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

/** Begins a call that holds of these allowances what its one attempt can cost. */
export async function begin(
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
