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
  const tenant = `${sql.add(tenantId)}::uuid`
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
with failure as (
  select fingerprint, id, created_at, rescued from (
    select a.error_fingerprint as fingerprint, r.id, r.created_at, r.status = 'SUCCEEDED' as rescued,
      a.provider_name, a.model, a.error_code
    from attempt a join request r on r.tenant_id = a.tenant_id and r.id = a.request_id
    where a.tenant_id = ${tenant} and a.error_fingerprint is not null and ${attempts} and ${predicate}
    union all
    select r.error_fingerprint, r.id, r.created_at, false, r.provider_name, nullif(r.model, ''), r.error_code
    from request r where r.error_fingerprint is not null and ${predicate} and not exists (
      select from attempt a
      where a.tenant_id = r.tenant_id and a.request_id = r.id and a.error_code = r.error_code
        and a.error_fingerprint is not null)
  ) failed where ${failures.join(' and ')}
), part as (
  select fingerprint, least(${parts}, width_bucket(extract(epoch from created_at)::float8, ${from}::float8, ${to}::float8, ${parts})) as part,
    count(*) as count, count(*) filter (where rescued) as rescued,
    min(created_at) as first_seen_at, max(created_at) as last_seen_at, max(id::text) as sample_id
  from failure group by 1, 2
), grouped as (
  select fingerprint, sum(count) as count, sum(rescued) as rescued, min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at, max(sample_id)::uuid as sample_id, json_object_agg(part, count) as trend
  from part group by fingerprint order by sum(count) desc, fingerprint limit ${sql.add(Math.min(Math.max(0, limit), 500))}
)
select g.*, s.* from grouped g cross join lateral (
  select a.provider_name, a.model, a.error_code, a.error_message from attempt a
  where a.tenant_id = ${tenant} and a.request_id = g.sample_id and a.error_fingerprint = g.fingerprint
  union all
  select r.provider_name, nullif(r.model, ''), r.error_code, r.error_message from request r
  where r.tenant_id = ${tenant} and r.id = g.sample_id and r.error_fingerprint = g.fingerprint
  limit 1
) s order by g.count desc, g.fingerprint`,
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
