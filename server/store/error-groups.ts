import { messageShape } from '#domain/error-fingerprint.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { RequestFilter } from '#domain/request-filter.ts'
import type { Reader } from './reader.ts'
import { requestPredicate } from './request-predicate.ts'
import { SqlValues } from './sql-values.ts'

/** Failures of one kind; see error-fingerprint.ts. */
export interface ErrorGroup {
  readonly fingerprint: string
  readonly providerName: string | null
  readonly model: string | null
  readonly code: ErrorCode
  /** Without its numbers and ids. */
  readonly message: string
  /** Failed attempts, and calls that were refused before any. */
  readonly count: bigint
  /** Those whose call succeeded all the same: by a retry, or elsewhere. */
  readonly rescued: bigint
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  /** The request that failed so last. */
  readonly sampleId: string
  /** Counts in 24 equal parts of the filter's time range. */
  readonly trend: readonly number[]
}

const parts = 24

interface GroupRow {
  readonly fingerprint: string
  readonly provider_name: string | null
  readonly model: string | null
  readonly error_code: ErrorCode
  readonly error_message: string | null
  readonly count: string
  readonly rescued: string
  readonly first_seen_at: Date
  readonly last_seen_at: Date
  readonly sample_id: string
  readonly trend: Readonly<Record<string, number>>
}

/** Groups the failures of the calls that a filter selects, most frequent first. One statement. */
export async function groupErrors(
  reader: Reader,
  { tenantId, filter, limit = 50 }: { tenantId: string; filter: RequestFilter; limit?: number },
): Promise<readonly ErrorGroup[]> {
  const sql = new SqlValues()
  const predicate = requestPredicate(filter, { tenantId, sql })
  const from = sql.add(filter.time.from / 1000)
  const to = sql.add(Math.max(filter.time.to, filter.time.from + 1) / 1000)
  const only = filter.errorFingerprint
    ? `where fingerprint = ${sql.add(filter.errorFingerprint)}`
    : ''
  const rows = await reader.query<GroupRow>({
    text: `
with matching as materialized (
  select r.tenant_id, r.id, r.created_at, r.status, r.provider_name, r.model, r.error_code, r.error_message,
    r.error_fingerprint, r.attempt_count
  from request r where ${predicate}
), failure as materialized (
  select * from (
    select a.error_fingerprint as fingerprint, m.id, m.created_at, a.provider_name, a.model, a.error_code,
      a.error_message, m.status = 'SUCCEEDED' as rescued
    from matching m join attempt a on a.tenant_id = m.tenant_id and a.request_id = m.id
    where a.error_fingerprint is not null
    union all
    select m.error_fingerprint, m.id, m.created_at, m.provider_name, nullif(m.model, ''), m.error_code,
      m.error_message, false
    from matching m where m.attempt_count = 0 and m.error_fingerprint is not null
  ) failed ${only}
), grouped as (
  select fingerprint, count(*) as count, count(*) filter (where rescued) as rescued,
    min(created_at) as first_seen_at, max(created_at) as last_seen_at
  from failure group by fingerprint order by count(*) desc, fingerprint limit ${sql.add(Math.min(Math.max(0, limit), 500))}
), sample as (
  select distinct on (fingerprint) fingerprint, id as sample_id, provider_name, model, error_code, error_message
  from failure order by fingerprint, id desc
), part as (
  select fingerprint, least(${parts}, width_bucket(extract(epoch from created_at)::float8, ${from}::float8, ${to}::float8, ${parts})) as part,
    count(*)::int as count
  from failure group by 1, 2
)
select g.*, s.sample_id, s.provider_name, s.model, s.error_code, s.error_message, (select json_object_agg(p.part, p.count) from part p where p.fingerprint = g.fingerprint) as trend
from grouped g join sample s on s.fingerprint = g.fingerprint order by g.count desc, g.fingerprint`,
    values: sql.values,
  })
  return rows.map(errorGroup)
}

function errorGroup(row: GroupRow): ErrorGroup {
  return {
    fingerprint: row.fingerprint,
    providerName: row.provider_name,
    model: row.model,
    code: row.error_code,
    message: messageShape(row.error_message ?? ''),
    count: BigInt(row.count),
    rescued: BigInt(row.rescued),
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    sampleId: row.sample_id,
    trend: Array.from({ length: parts }, (_, index) => row.trend[index + 1] ?? 0),
  }
}
