import { unpackHistogram } from '#domain/histogram.ts'
import { distributionOf, emptyCell, metricValue, type UsageMetric } from '#domain/usage-metric.ts'
import { addDistribution } from '#domain/usage-metric.ts'
import type { Reader } from './reader.ts'
import type { SqlValues } from './sql-values.ts'
import type { SeriesKey } from './usage-cells.ts'

/** Percentiles are ranked among that many keys with the most calls. */
const candidates = 1000

const ranks: Readonly<Partial<Record<UsageMetric, string>>> = {
  REQUESTS: 'sum(requests)',
  ERRORS: 'sum(errors)',
  ERROR_RATE: 'sum(errors)::float8 / nullif(sum(requests), 0)',
  COST: 'sum(cost_ticks)',
  INPUT_TOKENS: 'sum(input_tokens)',
  OUTPUT_TOKENS: 'sum(output_tokens)',
  CACHE_READ_TOKENS: 'sum(cache_read_tokens)',
  REASONING_TOKENS: 'sum(reasoning_tokens)',
  COST_PER_REQUEST: 'sum(cost_ticks) / nullif(sum(requests) - sum(unpriced), 0)',
  FALLBACK_RATE: 'sum(fallbacks)::float8 / nullif(sum(requests), 0)',
  RETRIES: 'sum(retries)',
  UNPRICED_REQUESTS: 'sum(unpriced)',
}

interface Ranking {
  readonly relation: string
  readonly sql: SqlValues
  readonly rankBy: UsageMetric
  readonly limit: number
}

/** The keys of a relation (usage-relation.ts) that are the largest by a metric, largest first. One statement. */
export async function largestKeys(reader: Reader, ranking: Ranking): Promise<readonly SeriesKey[]> {
  const rank = ranks[ranking.rankBy]
  return rank === undefined
    ? largestByQuantile(reader, ranking)
    : largestBySum(reader, { ...ranking, rank })
}

async function largestBySum(
  reader: Reader,
  { relation, sql, limit, rank }: Ranking & { rank: string },
): Promise<readonly SeriesKey[]> {
  const rows = await reader.query<{ key: string[] }>({
    text: `
select key from (${relation}) used where key is not null group by key
order by ${rank} desc nulls last, sum(requests) desc, key limit ${sql.add(limit)}`,
    values: sql.values,
  })
  return rows.map(({ key }) => key)
}

async function largestByQuantile(
  reader: Reader,
  { relation, sql, limit, rankBy }: Ranking,
): Promise<readonly SeriesKey[]> {
  const [name] = distributionOf[rankBy]!
  const rows = await reader.query<{ key: string[]; elements: string[] }>({
    text: `
with used as materialized (${relation}), busiest as (
  select key from used where key is not null group by key order by sum(requests) desc, key limit ${candidates}
)
select key, array_agg((bucket << 40) + count) as elements from (
  select key, element >> 40 as bucket, sum(element & 1099511627775)::bigint as count
  from used join busiest using (key) left join lateral unnest(used.${name}) as element on true
  group by key, element >> 40
) counted group by key`,
    values: sql.values,
  })
  const ranked = rows.map(({ key, elements }) => {
    const cell = emptyCell()
    addDistribution(cell, name, unpackHistogram(elements.filter((element) => element !== null)))
    return { key, value: metricValue(rankBy, cell).value ?? -1 }
  })
  return ranked
    .toSorted((a, b) => b.value - a.value)
    .slice(0, limit)
    .map(({ key }) => key)
}
