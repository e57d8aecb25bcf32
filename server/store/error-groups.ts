import { messageShape } from '#domain/error-fingerprint.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { RequestFilter } from '#domain/request-filter.ts'
import type { Reader } from './reader.ts'
import { conditionOnText, idsOf, requestPredicate } from './request-predicate.ts'
import { SqlValues } from './sql-values.ts'

/** Failures of one kind; see error-fingerprint.ts. */
export interface ErrorGroup {
  readonly fingerprint: string
  readonly providerName: string | null
  readonly model: string | null
  readonly code: ErrorCode
  /** Without its numbers and ids. */
  readonly message: string
  /** Failed attempts, and calls that failed otherwise than one of their attempts. */
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

/**
 * Groups failures, most frequent first: of attempts, rescued or not, and of calls that failed otherwise than one of their
 * attempts. One statement, by the indexes of what failed.
 *
 * @param filter Its provider, model and errorCode are held against the failures: what rescued a call has others.
 */
export async function groupErrors(
  reader: Reader,
  { tenantId, filter, limit = 50 }: { tenantId: string; filter: RequestFilter; limit?: number },
): Promise<readonly ErrorGroup[]> {
  const { errorCode, errorFingerprint, model, provider, ...calls } = filter
  const sql = new SqlValues()
  const predicate = requestPredicate(calls, { tenantId, sql })
  const attempts = idsOf('a.request_id', calls.time, sql)
  const failures = [
    'true',
    errorFingerprint && `fingerprint = ${sql.add(errorFingerprint)}`,
    errorCode && `error_code = any(${sql.add(errorCode)}::text[])`,
    conditionOnText('provider_name', provider, sql),
    conditionOnText('model', model, sql),
  ].filter(Boolean)
  const from = sql.add(filter.time.from / 1000)
  const to = sql.add(Math.max(filter.time.to, filter.time.from + 1) / 1000)
  const rows = await reader.query<GroupRow>({
    text: `
with failure as materialized (
  select * from (
    select a.error_fingerprint as fingerprint, r.id, r.created_at, a.provider_name, a.model, a.error_code,
      a.error_message, r.status = 'SUCCEEDED' as rescued
    from attempt a join request r on r.tenant_id = a.tenant_id and r.id = a.request_id
    where a.tenant_id = ${sql.add(tenantId)}::uuid and a.error_fingerprint is not null and ${attempts} and ${predicate}
    union all
    select r.error_fingerprint, r.id, r.created_at, r.provider_name, nullif(r.model, ''), r.error_code,
      r.error_message, false
    from request r where r.error_fingerprint is not null and ${predicate} and not exists (
      select from attempt a
      where a.tenant_id = r.tenant_id and a.request_id = r.id and a.error_code = r.error_code
        and a.error_fingerprint is not null)
  ) failed where ${failures.join(' and ')}
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
), trend as (
  select fingerprint, json_object_agg(part, count) as trend from part group by fingerprint
)
select g.*, s.sample_id, s.provider_name, s.model, s.error_code, s.error_message, t.trend
from grouped g join sample s using (fingerprint) join trend t using (fingerprint)
order by g.count desc, g.fingerprint`,
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
