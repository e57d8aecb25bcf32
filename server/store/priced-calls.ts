import type { Cost, CostSource } from '#domain/price.ts'
import type { TokenUsage, UsageSource } from '#domain/usage.ts'
import type { Connection } from './connection.ts'
import { costColumns } from './reprice-statement.ts'

/** An attempt that has ended, as far as its price goes. */
export interface StoredAttempt {
  readonly index: number
  readonly providerName: string
  readonly model: string
  /** Epoch ms. */
  readonly startedAt: number
  readonly serviceTier: string | undefined
  /** Null: the provider did not work for it. */
  readonly usage: TokenUsage | null
  readonly cost: Cost | null
}

export interface StoredCall {
  readonly id: string
  /** In order. */
  readonly attempts: readonly StoredAttempt[]
}

interface Row {
  readonly index: number
  readonly provider_name: string
  readonly model: string
  readonly started_at: number
  readonly service_tier: string | null
  readonly input_tokens: number | null
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly output_tokens: number
  readonly reasoning_tokens: number
  readonly usage_source: UsageSource
  readonly cost_total: string | null
  readonly cost_input: string | null
  readonly cost_output: string | null
  readonly cost_cache_read: string | null
  readonly cost_cache_write: string | null
  readonly cost_other: string | null
  readonly cost_source: CostSource | null
  readonly price_version: string | null
}

const plain = [
  'index',
  'provider_name',
  'model',
  'service_tier',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'usage_source',
]

const object = [
  ...plain.map((name) => `'${name}', a.${name}`),
  `'started_at', extract(epoch from a.started_at)::float8 * 1000`,
  ...costColumns.map(([name]) => `'${name}', a.${name}::text`),
].join(', ')

/**
 * Reads calls that have ended, in the order of their ids, each with all its attempts.
 *
 * @param condition SQL over `r`, the row of `request`.
 */
export async function readCalls(
  connection: Pick<Connection, 'query'>,
  { condition, values, limit }: { condition: string; values: readonly unknown[]; limit: number },
): Promise<readonly StoredCall[]> {
  const rows = await connection.query<{ id: string; attempts: readonly Row[] | null }>({
    text: `
select r.id, (
  select json_agg(json_build_object(${object}) order by a.index) from attempt a
  where a.tenant_id = r.tenant_id and a.request_id = r.id
) as attempts
from request r where ${condition} and r.status <> 'IN_PROGRESS' order by r.id limit ${limit}`,
    values,
  })
  return rows.map(({ id, attempts }) => ({ id, attempts: (attempts ?? []).map(attemptOf) }))
}

function attemptOf(row: Row): StoredAttempt {
  return {
    index: row.index,
    providerName: row.provider_name,
    model: row.model,
    startedAt: row.started_at,
    serviceTier: row.service_tier ?? undefined,
    usage: usageOf(row),
    cost: costOf(row),
  }
}

function usageOf(row: Row): TokenUsage | null {
  if (row.input_tokens === null) return null
  return {
    inputTokens: row.input_tokens,
    cacheReadInputTokens: row.cache_read_tokens,
    cacheWriteInputTokens: row.cache_write_tokens,
    outputTokens: row.output_tokens,
    reasoningOutputTokens: row.reasoning_tokens,
    source: row.usage_source,
  }
}

function costOf(row: Row): Cost | null {
  if (row.cost_source === null) return null
  return {
    total: ticks(row.cost_total),
    input: ticks(row.cost_input),
    output: ticks(row.cost_output),
    cacheRead: ticks(row.cost_cache_read),
    cacheWrite: ticks(row.cost_cache_write),
    other: ticks(row.cost_other),
    source: row.cost_source,
    priceVersion: row.price_version,
  }
}

const ticks = (text: string | null): bigint | null => (text === null ? null : BigInt(text))
