import { GatewayError } from '#domain/errors.ts'
import { lowestIdAt } from '#domain/request-id.ts'
import type { RangeFilter, RequestFilter, StringFilter, TimeRange } from '#domain/request-filter.ts'
import type { SqlValues } from './sql-values.ts'

/** An id is made a little before its call begins: so much earlier or later at most. */
const slackMs = 10 * 60 * 1000

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * SQL: the condition under which a row of `request`, here `r`, is one that the filter selects and the tenant may see.
 * The only way from a filter to SQL, and it cannot be had without a tenant.
 *
 * @throws {GatewayError} INVALID_REQUEST where the filter makes no sense.
 */
export function requestPredicate(
  filter: RequestFilter,
  { tenantId, sql }: { tenantId: string; sql: SqlValues },
): string {
  if (!uuid.test(tenantId)) throw new Error('a read without a tenant')
  const { time } = filter
  if (!(time.from <= time.to)) throw refused('time', 'The time range ends before it begins.')
  const terms = [
    `r.tenant_id = ${sql.add(tenantId)}::uuid`,
    idsOf('r.id', time, sql),
    `r.created_at >= ${sql.add(new Date(time.from))}::timestamptz`,
    `r.created_at < ${sql.add(new Date(time.to))}::timestamptz`,
    `r.simulated = ${sql.add(filter.simulated)}::bool`,
    oneOf('r.status', filter.status, sql),
    oneOf('r.surface', filter.surface, sql),
    oneOf('r.priority', filter.priority, sql),
    oneOf('r.error_code', filter.errorCode, sql),
    oneOf('r.cost_source', filter.costSource, sql),
    conditionOnText('r.provider_name', filter.provider, sql),
    conditionOnText('r.model', filter.model, sql),
    conditionOnText('r.tenant_id::text', filter.tenant, sql),
    conditionOnText('r.project_id::text', filter.project, sql),
    conditionOnText('r.api_key_id::text', filter.apiKey, sql),
    conditionOnText('r.client_ip', filter.clientIp, sql),
    conditionOnText('r.end_user', filter.endUser, sql),
    conditionOnText('r.session_id', filter.sessionId, sql),
    matchesTag(filter.tag, sql),
    ...inRange('r.http_status', filter.httpStatus, sql),
    ...inRange('r.latency_ms', filter.latencyMs, sql),
    ...inRange('r.time_to_first_token_ms', filter.timeToFirstTokenMs, sql),
    ...inRange('r.cost_total', filter.cost, sql),
    ...inRange('(r.input_tokens::bigint + r.output_tokens)', filter.totalTokens, sql),
  ]
  if (typeof filter.stream === 'boolean') terms.push(`r.stream = ${sql.add(filter.stream)}::bool`)
  if (filter.requestId) {
    if (!uuid.test(filter.requestId)) throw refused('requestId', 'A request id is a UUID.')
    terms.push(`r.id = ${sql.add(filter.requestId)}::uuid`)
  }
  if (filter.errorFingerprint)
    terms.push(failedAlike(filter.errorFingerprint, { tenantId, time, sql }))
  return terms.filter((term) => term !== undefined).join('\n  and ')
}

/** SQL: ids that calls of a time range may have. It prunes partitions. */
export function idsOf(column: string, { from, to }: TimeRange, sql: SqlValues): string {
  return `${column} >= ${sql.add(lowestIdAt(from - slackMs))}::uuid and ${column} < ${sql.add(lowestIdAt(to + slackMs))}::uuid`
}

const refused = (field: string, message: string): GatewayError =>
  new GatewayError('INVALID_REQUEST', message, { issues: [{ path: ['filter', field], message }] })

function oneOf(
  column: string,
  wanted: readonly string[] | null | undefined,
  sql: SqlValues,
): string | undefined {
  return wanted ? `${column} = any(${sql.add(wanted)}::text[])` : undefined
}

/** SQL: what a filter says of a column of text, in which an empty one is none; undefined where it says nothing. */
export function conditionOnText(
  column: string,
  filter: StringFilter | null | undefined,
  sql: SqlValues,
): string | undefined {
  const value = `nullif(${column}, '')`
  const condition = filter && conditionOn(value, filter, sql)
  if (!condition) return undefined
  if (filter.notIn) return `(${value} is null or not ${condition})`
  return filter.exists === false ? `${value} is null` : condition
}

function matchesTag(filter: StringFilter | null | undefined, sql: SqlValues): string | undefined {
  const condition = filter && conditionOn('tag', filter, sql)
  if (!condition) return undefined
  const none = filter.notIn || filter.exists === false
  return `${none ? 'not ' : ''}exists (select from unnest(r.tags) tag where tag <> '' and ${condition})`
}

/** What one text is held against; `notIn` and an `exists` of false are to be negated. */
function conditionOn(value: string, filter: StringFilter, sql: SqlValues): string | undefined {
  const listed = filter.in ?? filter.notIn
  if (listed) return `${value} = any(${sql.add(listed)}::text[])`
  if (typeof filter.contains === 'string')
    return `${value} ilike ${sql.add(`%${escaped(filter.contains)}%`)}`
  if (typeof filter.startsWith === 'string')
    return `${value} ilike ${sql.add(`${escaped(filter.startsWith)}%`)}`
  return typeof filter.exists === 'boolean' ? `${value} is not null` : undefined
}

const escaped = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

const comparisons = [
  ['gt', '>'],
  ['gte', '>='],
  ['lt', '<'],
  ['lte', '<='],
] as const

function inRange(
  column: string,
  range: RangeFilter<number> | RangeFilter<bigint> | null | undefined,
  sql: SqlValues,
): (string | undefined)[] {
  return comparisons.map(([key, operator]) => {
    const bound = range?.[key]
    return bound === null || bound === undefined
      ? undefined
      : `${column} ${operator} ${sql.add(String(bound))}::numeric`
  })
}

/** Found by the indexes of what failed, however many calls there were. */
function failedAlike(
  fingerprint: string,
  { tenantId, time, sql }: { tenantId: string; time: TimeRange; sql: SqlValues },
): string {
  const alike = `tenant_id = ${sql.add(tenantId)}::uuid and error_fingerprint = ${sql.add(fingerprint)}`
  return `r.id in (
    select f.id from request f where ${alike} and ${idsOf('f.id', time, sql)}
    union all
    select a.request_id from attempt a where ${alike} and ${idsOf('a.request_id', time, sql)})`
}
