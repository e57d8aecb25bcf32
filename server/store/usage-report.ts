import { GatewayError } from '#domain/errors.ts'
import type { TimeRange } from '#domain/request-filter.ts'
import {
  automaticSize,
  type Buckets,
  type BucketSize,
  bucketsOf,
  previousBuckets,
} from '#domain/time-buckets.ts'
import {
  addCell,
  emptyCell,
  metricValue,
  type MetricValue,
  type UsageCell,
  type UsageMetric,
} from '#domain/usage-metric.ts'
import type { DimensionValue, UsageQuery, UsageReport, UsageSeries } from '#domain/usage-query.ts'
import type { Reader } from './reader.ts'
import { SqlValues } from './sql-values.ts'
import { readCells, type SeriesKey, type UsageTable } from './usage-cells.ts'
import { labelsOf, reportingTenant } from './usage-labels.ts'
import { largestKeys } from './usage-ranking.ts'
import { usageRelation } from './usage-relation.ts'
import { type UsageSource, usageSource } from './usage-source.ts'

const day = 24 * 60 * 60 * 1000
const mostSeries = 100

interface Question {
  readonly reader: Reader
  readonly tenantId: string
  readonly query: UsageQuery
  readonly timeZone: string
}

/**
 * Answers a question about many calls of one tenant, from the cheapest source that has the answer; at most six
 * statements, whatever is asked.
 *
 * @param now Epoch ms.
 * @throws {GatewayError} INVALID_REQUEST for unknown zones, more than 2,000 buckets or 100 series, and for what only
 *   single calls could tell over more than 93 days.
 */
export async function usageReport(
  reader: Reader,
  { tenantId, query, now }: { tenantId: string; query: UsageQuery; now: number },
): Promise<UsageReport> {
  const tenant = await reportingTenant(reader, tenantId)
  const timeZone = query.timeZone ?? tenant.timeZone
  const { groupBy = [], limit = 10, metrics } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > mostSeries) {
    throw new GatewayError('INVALID_REQUEST', `A report has 1 to ${mostSeries} series.`, {
      issues: [{ path: ['query', 'limit'], message: `must be from 1 to ${mostSeries}` }],
    })
  }
  const question = { reader, tenantId, query, timeZone }
  const size = sizeOf(query)
  const wholeDays = (range: TimeRange) => daysOf(range, timeZone)
  const source = usageSource(query, {
    size,
    now,
    zoneOfDays: timeZone === tenant.timeZone,
    wholeDays,
  })
  const buckets = bucketsOf(source.range, { size, timeZone })
  const keys = await keysOf(question, { source, limit })
  const table = await cells(question, { source, buckets, keys })
  const before = query.comparePrevious
    ? previousBuckets(buckets, { range: source.range, timeZone })
    : undefined
  const previous =
    before &&
    (await cells(question, {
      source: { ...source, range: before.range },
      buckets: before.buckets,
      keys,
    }))
  const labels = await labelsOf(reader, { tenant, groupBy, keys })
  const rest = table[keys.length]!
  const shown =
    groupBy.length > 0 && rest.some(({ sums }) => sums.requests > 0 || sums.cost > 0n)
      ? [...keys, null]
      : keys
  const series = shown.flatMap((key, index) =>
    metrics.map((metric): UsageSeries => ({
      key: key
        ? key.map((value, at): DimensionValue => ({
            dimension: groupBy[at]!,
            value,
            label: labels(at, value),
          }))
        : [],
      isOther: key === null,
      metric,
      values: valuesOf(table[index]!, { metric, buckets, now }),
      previous: previous ? previous[index]!.map((cell) => metricValue(metric, cell)) : null,
      total: metricValue(metric, sumOf([table[index]!])),
    })),
  )
  const totals = await totalsOf(question, { table, previous, now })
  return {
    ...source.range,
    timeZone,
    bucket: size,
    buckets: buckets.starts,
    series,
    totals,
    lastBucketPartial: Math.min(now, source.range.to) < buckets.end,
    freshAsOf: now,
  }
}

function sizeOf({ bucket = 'AUTO', filter, groupBy = [] }: UsageQuery): BucketSize {
  if (bucket !== 'AUTO') return bucket
  const size = automaticSize(filter.time)
  const many = groupBy.some(
    (dimension) => dimension === 'END_USER' || dimension === 'CLIENT_IP' || dimension === 'TAG',
  )
  return many && size === 'HOUR' && filter.time.to - filter.time.from > 2 * day ? 'DAY' : size
}

function daysOf(range: TimeRange, timeZone: string): TimeRange {
  const { starts, end } = bucketsOf(range, { size: 'DAY', timeZone })
  return { from: starts[0] ?? range.from, to: end }
}

async function keysOf(
  { reader, tenantId, query, timeZone }: Question,
  { source, limit }: { source: UsageSource; limit: number },
): Promise<readonly SeriesKey[]> {
  const { filter, groupBy = [], metrics, rankBy } = query
  const by: UsageMetric = rankBy ?? metrics[0] ?? 'REQUESTS'
  if (groupBy.length === 0) return [[]]
  const sql = new SqlValues()
  const relation = usageRelation(source, { tenantId, filter, groupBy, timeZone, sql })
  return largestKeys(reader, { relation, sql, rankBy: by, limit })
}

function cells(
  { reader, tenantId, query, timeZone }: Question,
  { source, buckets, keys }: { source: UsageSource; buckets: Buckets; keys: readonly SeriesKey[] },
): Promise<UsageTable> {
  const { filter, groupBy = [], metrics } = query
  const sql = new SqlValues()
  const relation = usageRelation(source, { tenantId, filter, groupBy, timeZone, sql })
  return readCells(reader, { relation, sql, keys, buckets, metrics })
}

/** What has not begun has no value. */
function valuesOf(
  row: readonly UsageCell[],
  { metric, buckets, now }: { metric: UsageMetric; buckets: Buckets; now: number },
): MetricValue[] {
  return row.map((cell, index) =>
    buckets.starts[index]! > now ? { value: null, exact: null } : metricValue(metric, cell),
  )
}

function sumOf(rows: UsageTable): UsageCell {
  const sum = emptyCell()
  for (const cell of rows.flat()) addCell(sum, cell)
  return sum
}

/** Series add up to the total, but for tags: a call has many, and would count as often. */
async function totalsOf(
  { reader, tenantId, query }: Question,
  { table, previous, now }: { table: UsageTable; previous: UsageTable | undefined; now: number },
): Promise<UsageReport['totals']> {
  if (query.groupBy?.includes('TAG')) {
    return (await usageReport(reader, { tenantId, query: { ...query, groupBy: [] }, now })).totals
  }
  const all = sumOf(table)
  const before = previous && sumOf(previous)
  return query.metrics.map((metric) => ({
    metric,
    total: metricValue(metric, all),
    previous: before ? metricValue(metric, before) : null,
  }))
}
