import type { Cost, ModelPrice } from '#domain/price.ts'
import { repriced } from '#domain/reprice.ts'
import type { RequestFilter } from '#domain/request-filter.ts'
import { totalCost } from '#domain/totals.ts'
import { lockWindows } from './allowance-change.ts'
import type { Connection } from './connection.ts'
import { databaseFailure } from './database-error.ts'
import { readCalls, type StoredAttempt, type StoredCall } from './priced-calls.ts'
import {
  type AllowanceWatcher,
  type ChangedWindow,
  changedWindow,
  type SettledWindow,
} from './record-writer.ts'
import { repriceStatement } from './reprice-statement.ts'
import { requestPredicate } from './request-predicate.ts'
import type { LockedWindow } from './reservations.ts'
import { SqlValues } from './sql-values.ts'

export interface Repricing {
  readonly tenantId: string
  readonly filter: RequestFilter
  /** Only what has no price; else all whose cost no provider has reported. */
  readonly onlyUnpriced: boolean
  /** Changes nothing, and counts the same. */
  readonly dryRun: boolean
  /** The price that was in force at an instant (epoch ms), by what is known today. */
  readonly priceOf: (providerName: string, model: string, at: number) => ModelPrice | undefined
  readonly watcher?: AllowanceWatcher | undefined
}

/** What came of it; money in ticks. */
export interface RepricingResult {
  /** Calls that cost something else now. */
  readonly affected: bigint
  /** What these had been charged, what has no price counting nothing, and what they have been now. */
  readonly before: bigint
  readonly after: bigint
  /** What had no price and has one now, as `provider:model`. */
  readonly newlyPriced: readonly string[]
}

/** How many calls are written in one transaction. */
const batchSize = 500
/** How often a batch that lost a deadlock or a lock is tried again. */
const busyTries = 5

const byIds = `r.tenant_id = $1::uuid and r.id = any($2::uuid[])`
const lockOfWindows = lockWindows(`array(
  select unnest(window_ids) from attempt where tenant_id = $1::uuid and request_id = any($2::uuid[]))`)
const lockOfCalls = `select from request r where ${byIds} order by r.id for update`

/**
 * Prices calls again, each attempt by the price that is known today for its time. What a provider has reported stays, and
 * so does what has no price today. Calls, ledger, budgets and roll-ups change together, some hundred calls at a time; when
 * it breaks off, what is done is done, and it can be begun anew.
 *
 * @param connection Of its own: it holds transactions.
 * @throws {GatewayError} INVALID_REQUEST for a filter that makes no sense.
 */
export async function reprice(connection: Connection, asked: Repricing): Promise<RepricingResult> {
  const sum = { affected: 0n, before: 0n, after: 0n }
  const newlyPriced = new Set<string>()
  let behind = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const calls = await nextCalls(connection, asked, behind)
    const last = calls.at(-1)
    if (!last) return { ...sum, newlyPriced: [...newlyPriced] }
    behind = last.id
    for (const call of await written(connection, { calls, asked })) {
      sum.affected++
      for (const { cost } of call.attempts) sum.before += cost?.total ?? 0n
      for (const cost of call.costs) sum.after += cost?.total ?? 0n
      for (const { attempt, cost } of call.changes)
        if (attempt.cost?.total === null && cost.total !== null)
          newlyPriced.add(`${attempt.providerName}:${attempt.model}`)
    }
  }
}

function nextCalls(
  connection: Connection,
  { filter, tenantId, onlyUnpriced }: Repricing,
  behind: string,
): Promise<readonly StoredCall[]> {
  const sql = new SqlValues()
  const sources = onlyUnpriced ? ['UNPRICED'] : ['UNPRICED', 'PRICE_TABLE']
  const condition = `${requestPredicate(filter, { tenantId, sql })} and r.id > ${sql.add(behind)}::uuid
    and exists (select from attempt a where a.tenant_id = r.tenant_id and a.request_id = r.id
      and a.input_tokens is not null and a.cost_source = any(${sql.add(sources)}::text[]))`
  return readCalls(connection, { condition, values: sql.values, limit: batchSize })
}

/** The calls that change, and after what they change to is in force. */
async function written(
  connection: Connection,
  { calls, asked }: { calls: readonly StoredCall[]; asked: Repricing },
): Promise<readonly ChangedCall[]> {
  const changed = changedCalls(calls, asked)
  if (asked.dryRun || changed.length === 0) return changed
  for (let tries = 1; ; tries++) {
    try {
      return await writeBatch(connection, { ids: changed.map(({ id }) => id), asked })
    } catch (error) {
      await connection.query({ text: 'rollback' }).catch(() => {})
      if (databaseFailure(error) !== 'BUSY' || tries === busyTries) throw error
    }
  }
}

async function writeBatch(
  connection: Connection,
  { ids, asked }: { ids: readonly string[]; asked: Repricing },
): Promise<readonly ChangedCall[]> {
  const values = [asked.tenantId, [...ids]]
  await connection.query({ text: 'begin' })
  const locked = await connection.query<LockedWindow>({ text: lockOfWindows, values })
  await connection.query({ text: lockOfCalls, values })
  // As they are now: somebody may have priced them, or told the truth of them, since they were found.
  const calls = await readCalls(connection, { condition: byIds, values, limit: batchSize })
  const changed = changedCalls(calls, asked)
  let windows: readonly ChangedWindow[] = []
  if (changed.length > 0) {
    const attempts = changed.flatMap(({ id, changes }) =>
      changes.map(({ attempt, cost }) => ({
        request_id: id,
        index: attempt.index,
        ...costRow(cost),
      })),
    )
    const requests = changed.flatMap(({ id, costs }) => {
      const cost = totalCost(costs)
      return cost ? [{ id, ...costRow(cost) }] : []
    })
    const [result] = await connection.query<{ windows: readonly SettledWindow[] | null }>({
      text: repriceStatement,
      values: [asked.tenantId, JSON.stringify(attempts), JSON.stringify(requests)],
    })
    windows = (result?.windows ?? []).map((window) =>
      changedWindow(window, locked.find(({ id }) => id === window.id)?.notified),
    )
    const crossed = windows.filter((window) => window.crossed !== null)
    if (crossed.length > 0) await asked.watcher?.crossed(connection, crossed)
  }
  await connection.query({ text: 'commit' })
  if (windows.length > 0) asked.watcher?.changed(windows)
  return changed
}

interface ChangedCall extends StoredCall {
  readonly changes: readonly { readonly attempt: StoredAttempt; readonly cost: Cost }[]
  /** Of all its attempts, from now on. */
  readonly costs: readonly (Cost | null)[]
}

function changedCalls(calls: readonly StoredCall[], asked: Repricing): readonly ChangedCall[] {
  return calls.flatMap((call) => {
    const next = new Map(
      call.attempts.flatMap((attempt) => {
        const cost = newCost(attempt, asked)
        return cost ? [[attempt, cost] as const] : []
      }),
    )
    if (next.size === 0) return []
    const changes = [...next].map(([attempt, cost]) => ({ attempt, cost }))
    return [{ ...call, changes, costs: call.attempts.map((each) => next.get(each) ?? each.cost) }]
  })
}

function newCost(
  { providerName, model, startedAt, usage, cost, serviceTier }: StoredAttempt,
  { onlyUnpriced, priceOf }: Repricing,
): Cost | undefined {
  if (!usage || !cost || (onlyUnpriced && cost.source !== 'UNPRICED')) return undefined
  return repriced({ usage, cost, serviceTier }, priceOf(providerName, model, startedAt))
}

/** As its columns take it: bigints are strings. */
function costRow(cost: Cost): Readonly<Record<string, string | undefined>> {
  return {
    cost_total: cost.total?.toString(),
    cost_input: cost.input?.toString(),
    cost_output: cost.output?.toString(),
    cost_cache_read: cost.cacheRead?.toString(),
    cost_cache_write: cost.cacheWrite?.toString(),
    cost_other: cost.other?.toString(),
    cost_source: cost.source,
    price_version: cost.priceVersion ?? undefined,
  }
}
