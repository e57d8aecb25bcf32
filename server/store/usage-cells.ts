import type { Buckets } from '#domain/time-buckets.ts'
import { unpackHistogram } from '#domain/histogram.ts'
import {
  addDistribution,
  type Distribution,
  distributionOf,
  emptyCell,
  type UsageCell,
  type UsageMetric,
} from '#domain/usage-metric.ts'
import type { Reader } from './reader.ts'
import type { SqlValues } from './sql-values.ts'

/** What the grouping dimensions of one series are. */
export type SeriesKey = readonly string[]

/** Cells by series and bucket: the series of the keys in their order, then one for all the rest. */
export type UsageTable = readonly (readonly UsageCell[])[]

interface CellRow {
  /** From 1, in the order of the keys; 0 is the rest. */
  readonly series: number
  readonly bucket: number
  readonly requests: string
  readonly errors: string
  readonly input_tokens: string
  readonly output_tokens: string
  readonly cache_read_tokens: string
  readonly reasoning_tokens: string
  readonly cost_ticks: string
  readonly unpriced: string
  readonly retries: string
  readonly fallbacks: string
  readonly distributions: Readonly<Partial<Record<Distribution, readonly number[]>>> | null
}

const sumColumns = [
  'requests',
  'errors',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'reasoning_tokens',
  'cost_ticks',
  'unpriced',
  'retries',
  'fallbacks',
] as const satisfies readonly (keyof CellRow)[]

const sums = sumColumns.map((name) => `coalesce(sum(${name}), 0) as ${name}`).join(', ')

/** Adds up the calls of a relation (usage-relation.ts) by series and bucket. One statement. */
export async function readCells(
  reader: Reader,
  {
    relation,
    sql,
    keys,
    buckets,
    metrics,
  }: {
    relation: string
    sql: SqlValues
    keys: readonly SeriesKey[]
    buckets: Buckets
    metrics: readonly UsageMetric[]
  },
): Promise<UsageTable> {
  const top = sql.add(JSON.stringify(keys.map((key, index) => ({ key, series: index + 1 }))))
  const starts = sql.add(buckets.starts.map((start) => new Date(start).toISOString()))
  const needed = [...new Set(metrics.flatMap((metric) => distributionOf[metric]?.[0] ?? []))]
  const rows = await reader.query<CellRow>({
    text: `
with calls as materialized (
  select coalesce(top.series, 0) as series, width_bucket(used.at, ${starts}::timestamptz[]) as bucket,
    ${[...sumColumns, ...needed].map((name) => `used.${name}`).join(', ')}
  from (${relation}) used left join json_to_recordset(${top}::json) as top(key text[], series int) on top.key = used.key
), summed as (
  select series, bucket, ${sums} from calls group by series, bucket
), distributed as (
  ${distributions(needed)}
)
select summed.*, distributed.distributions from summed left join distributed using (series, bucket)`,
    values: sql.values,
  })
  const table = [...keys, 'rest'].map(() => buckets.starts.map(emptyCell))
  for (const row of rows) {
    const cells = table[row.series === 0 ? keys.length : row.series - 1]
    if (cells?.[row.bucket - 1]) cells[row.bucket - 1] = cellOf(row)
  }
  return table
}

/** The histograms that the metrics are read from, merged, as one JSON object by series and bucket. */
function distributions(needed: readonly Distribution[]): string {
  if (needed.length === 0)
    return 'select 0 as series, 0 as bucket, null::json as distributions where false'
  return `
  select series, bucket, json_object_agg(kind, elements) as distributions from (
    select series, bucket, kind, json_agg((element_bucket << 40) + element_count) as elements from (
      select series, bucket, kind, element >> 40 as element_bucket, sum(element & 1099511627775)::bigint as element_count
      from calls
      cross join lateral (values ${needed.map((name) => `('${name}', calls.${name})`).join(', ')}) as parts(kind, elements)
      cross join lateral unnest(parts.elements) as element
      group by series, bucket, kind, element >> 40
    ) counted group by series, bucket, kind
  ) merged group by series, bucket`
}

function cellOf(row: CellRow): UsageCell {
  const cell: UsageCell = {
    sums: {
      requests: Number(row.requests),
      errors: Number(row.errors),
      inputTokens: Number(row.input_tokens),
      outputTokens: Number(row.output_tokens),
      cacheReadTokens: Number(row.cache_read_tokens),
      reasoningTokens: Number(row.reasoning_tokens),
      cost: BigInt(row.cost_ticks),
      unpriced: Number(row.unpriced),
      retries: Number(row.retries),
      fallbacks: Number(row.fallbacks),
    },
    distributions: new Map(),
  }
  for (const [name, elements] of Object.entries(row.distributions ?? {})) {
    addDistribution(cell, name as Distribution, unpackHistogram(elements.map(BigInt)))
  }
  return cell
}
