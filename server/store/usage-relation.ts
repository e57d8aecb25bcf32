import type { RequestFilter } from '#domain/request-filter.ts'
import type { UsageDimension } from '#domain/usage-query.ts'
import { contributions, distributed, summed } from './contribution.ts'
import { conditionOnText, idsOf, requestPredicate } from './request-predicate.ts'
import type { SqlValues } from './sql-values.ts'
import type { UsageSource } from './usage-source.ts'

const nil = `'00000000-0000-0000-0000-000000000000'`
const noTag = `case when c.tags = '{}' then '{""}' else c.tags end`

/** What a dimension is in a relation `c`; empty text for none. */
const columns: Readonly<Record<UsageDimension, string>> = {
  PROVIDER: 'c.provider_name',
  MODEL: 'c.model',
  TENANT: 'c.tenant_id::text',
  PROJECT: `replace(c.project_id::text, ${nil}, '')`,
  API_KEY: `replace(c.api_key_id::text, ${nil}, '')`,
  END_USER: `coalesce(c.end_user, '')`,
  CLIENT_IP: `coalesce(c.client_ip, '')`,
  TAG: 'tag.value',
  SURFACE: 'c.surface',
  STATUS: 'c.status',
  ERROR_CODE: 'c.error_code',
}

interface Options {
  readonly tenantId: string
  readonly filter: RequestFilter
  readonly groupBy: readonly UsageDimension[]
  readonly timeZone: string
  readonly sql: SqlValues
}

/**
 * SQL: a relation with `at`, `key` (a text array, one element for each grouping dimension), the sums of contribution.ts,
 * and its distributions as arrays of histogram elements, over the range of the source.
 */
export function usageRelation(source: UsageSource, options: Options): string {
  switch (source.kind) {
    case 'ROLLUP':
      return rollupRelation(source, options)
    case 'DAY':
      return dayRelation(source, options)
    case 'ROWS':
      return rowRelation(source, options)
  }
}

const keyOf = (groupBy: readonly UsageDimension[]): string =>
  `array[${groupBy.map((dimension) => columns[dimension]).join(', ')}]::text[]`

function rollupRelation(
  { minutes, range }: Extract<UsageSource, { kind: 'ROLLUP' }>,
  { tenantId, filter, groupBy, sql }: Options,
): string {
  const terms = [
    `c.tenant_id = ${sql.add(tenantId)}::uuid`,
    `c.size = ${minutes}`,
    `c.bucket_at >= ${sql.add(new Date(range.from))}::timestamptz`,
    `c.bucket_at < ${sql.add(new Date(range.to))}::timestamptz`,
    `c.simulated = ${sql.add(filter.simulated)}::bool`,
    filter.status && `c.status = any(${sql.add(filter.status)}::text[])`,
    filter.surface && `c.surface = any(${sql.add(filter.surface)}::text[])`,
    filter.errorCode && `c.error_code = any(${sql.add(filter.errorCode)}::text[])`,
    conditionOnText(columns.PROVIDER, filter.provider, sql),
    conditionOnText(columns.MODEL, filter.model, sql),
    conditionOnText(columns.TENANT, filter.tenant, sql),
    conditionOnText(columns.PROJECT, filter.project, sql),
    conditionOnText(columns.API_KEY, filter.apiKey, sql),
  ]
  return `
select c.bucket_at as at, ${keyOf(groupBy)} as key, ${[...summed, ...distributed].map((name) => `c.${name}`).join(', ')}
from usage_rollup c where ${terms.filter(Boolean).join('\n  and ')}`
}

/** Contributions of single calls. As in roll-ups, provider and model are those of what contributes, call or attempt. */
function rowRelation({ range }: UsageSource, { tenantId, filter, groupBy, sql }: Options): string {
  const predicate = requestPredicate(
    { ...filter, provider: null, model: null, time: range },
    { tenantId, sql },
  )
  const terms = [
    conditionOnText(columns.PROVIDER, filter.provider, sql),
    conditionOnText(columns.MODEL, filter.model, sql),
  ]
  const requests = `(select * from request r where ${predicate})`
  const attempts = `(select * from attempt where tenant_id = ${sql.add(tenantId)}::uuid and ${idsOf('request_id', range, sql)})`
  const elements = distributed.map((name) => `array_remove(array[c.${name}], null) as ${name}`)
  return `
select c.created_at as at, ${keyOf(groupBy)} as key, ${[...summed.map((name) => `c.${name}`), ...elements].join(', ')}
from (${contributions({ requests, attempts })}) c
${groupBy.includes('TAG') ? `cross join lateral (select distinct unnest(${noTag}) as value) tag` : ''}
where ${['true', ...terms.filter(Boolean)].join(' and ')}`
}

/** Days begin in the tenant's zone, which the report's zone is. */
function dayRelation(
  { dimension, range }: Extract<UsageSource, { kind: 'DAY' }>,
  { tenantId, filter, timeZone, sql }: Options,
): string {
  const own = { END_USER: filter.endUser, CLIENT_IP: filter.clientIp, TAG: filter.tag }[dimension]
  const zone = `${sql.add(timeZone)}::text`
  const dayOf = (epochMs: number) =>
    `(${sql.add(new Date(epochMs))}::timestamptz at time zone ${zone})::date`
  const terms = [
    `c.tenant_id = ${sql.add(tenantId)}::uuid`,
    `c.dimension = ${sql.add(dimension)}`,
    `c.day >= ${dayOf(range.from)}`,
    `c.day < ${dayOf(range.to)}`,
    `c.simulated = ${sql.add(filter.simulated)}::bool`,
    conditionOnText('c.tenant_id::text', filter.tenant, sql),
    conditionOnText('c.value', own, sql),
  ]
  return `
select c.day::timestamp at time zone ${zone} as at, case when c.is_rest then null else array[c.value] end as key,
  ${summed.map((name) => `c.${name}`).join(', ')}, ${distributed.map((name) => `'{}'::bigint[] as ${name}`).join(', ')}
from usage_by_day c where ${terms.filter(Boolean).join('\n  and ')}`
}
