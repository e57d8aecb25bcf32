import type { TimeRange } from '#domain/request-filter.ts'
import { contributions, grouped, rollupRows, summed } from './contribution.ts'
import type { Reader } from './reader.ts'
import { idsOf } from './request-predicate.ts'
import { SqlValues } from './sql-values.ts'

/** A quarter of an hour in which a roll-up is not what the rows say; money in ticks. */
export interface RollupDrift {
  readonly tenantId: string
  readonly bucketAt: Date
  readonly providerName: string
  readonly model: string
  readonly expected: { readonly requests: bigint; readonly cost: bigint }
  readonly recorded: { readonly requests: bigint; readonly cost: bigint }
}

export interface RollupCheck {
  /** At most 100. */
  readonly drift: readonly RollupDrift[]
  /** What was charged for the calls of the range, by the ledger and by their attempts. */
  readonly ledger: { readonly charged: bigint; readonly cost: bigint }
}

interface DriftRow {
  readonly tenant_id: string
  readonly bucket_at: Date
  readonly provider_name: string
  readonly model: string
  readonly expected_requests: string
  readonly expected_cost: string
  readonly recorded_requests: string
  readonly recorded_cost: string
}

const key = ['tenant_id', 'bucket_at', ...grouped]

/**
 * Holds roll-ups and ledger against the rows that they were made from, for all tenants. Both are written with the rows,
 * so any drift is a defect. Each comparison is one statement, hence one snapshot: calls may end meanwhile.
 *
 * @param range Widened to quarters of an hour.
 */
export async function checkRollups(reader: Reader, { from, to }: TimeRange): Promise<RollupCheck> {
  const quarter = 15 * 60 * 1000
  const range = {
    from: Math.floor(from / quarter) * quarter,
    to: Math.ceil(to / quarter) * quarter,
  }
  return { drift: await driftOf(reader, range), ledger: await ledgerOf(reader, range) }
}

async function driftOf(reader: Reader, range: TimeRange): Promise<readonly RollupDrift[]> {
  const sql = new SqlValues()
  const from = `${sql.add(new Date(range.from))}::timestamptz`
  const to = `${sql.add(new Date(range.to))}::timestamptz`
  const requests = `(
    select * from request where ${idsOf('id', range, sql)} and created_at >= ${from} and created_at < ${to})`
  const rows = await reader.query<DriftRow>({
    text: `
with contribution as materialized (${contributions({ requests, attempts: 'attempt' })}),
expected as (select * from (${rollupRows('contribution')}) by_key where size = 15),
recorded as (select * from usage_rollup where size = 15 and bucket_at >= ${from} and bucket_at < ${to})
select ${key.join(', ')}, coalesce(expected.requests, 0) as expected_requests, coalesce(expected.cost_ticks, 0) as expected_cost,
  coalesce(recorded.requests, 0) as recorded_requests, coalesce(recorded.cost_ticks, 0) as recorded_cost
from expected full join recorded using (${key.join(', ')})
where ${summed.map((name) => `coalesce(expected.${name}, 0) <> coalesce(recorded.${name}, 0)`).join(' or ')}
  or coalesce(expected.latency, '{}') <> coalesce(recorded.latency, '{}')
order by bucket_at limit 100`,
    values: sql.values,
  })
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    bucketAt: row.bucket_at,
    providerName: row.provider_name,
    model: row.model,
    expected: { requests: BigInt(row.expected_requests), cost: BigInt(row.expected_cost) },
    recorded: { requests: BigInt(row.recorded_requests), cost: BigInt(row.recorded_cost) },
  }))
}

async function ledgerOf(reader: Reader, range: TimeRange): Promise<RollupCheck['ledger']> {
  const sql = new SqlValues()
  const ids = idsOf('request_id', range, sql)
  const [row] = await reader.query<{ charged: string; cost: string }>({
    text: `
select (select coalesce(sum(ticks), 0) from ledger where ${ids}) as charged,
  (select coalesce(sum(cost_total), 0) from attempt where ${ids}) as cost`,
    values: sql.values,
  })
  return { charged: BigInt(row?.charged ?? 0), cost: BigInt(row?.cost ?? 0) }
}
