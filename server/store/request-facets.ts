import type { RequestFilter } from '#domain/request-filter.ts'
import type { Reader } from './reader.ts'
import { requestPredicate } from './request-predicate.ts'
import { SqlValues } from './sql-values.ts'

export type FacetField =
  | 'PROVIDER'
  | 'MODEL'
  | 'API_KEY'
  | 'END_USER'
  | 'STATUS'
  | 'ERROR_CODE'
  | 'TAG'
  | 'SURFACE'
  | 'HTTP_STATUS'

/** How often each value of a field occurs among the calls that a filter selects. */
export interface RequestFacet {
  readonly field: FacetField
  /** The most frequent ones, most frequent first; calls without a value are not among them. */
  readonly values: readonly { readonly value: string; readonly count: bigint }[]
  /** Of all other values together. */
  readonly otherCount: bigint
}

/** What a field is in a row `m`, and where it comes from when it is many. */
const sources: Readonly<Record<FacetField, string>> = {
  PROVIDER: 'm.provider_name from matching m',
  MODEL: 'm.model from matching m',
  API_KEY: 'm.api_key_id::text from matching m',
  END_USER: 'm.end_user from matching m',
  STATUS: 'm.status from matching m',
  ERROR_CODE: 'm.error_code from matching m',
  TAG: 'tag from matching m cross join lateral (select distinct unnest(m.tags) as tag) tags',
  SURFACE: 'm.surface from matching m',
  HTTP_STATUS: 'm.http_status::text from matching m',
}

/** Counts the values of fields. One statement, however many fields. */
export async function facetRequests(
  reader: Reader,
  {
    tenantId,
    filter,
    fields,
    limit = 20,
  }: { tenantId: string; filter: RequestFilter; fields: readonly FacetField[]; limit?: number },
): Promise<readonly RequestFacet[]> {
  if (fields.length === 0) return []
  const sql = new SqlValues()
  const predicate = requestPredicate(filter, { tenantId, sql })
  const top = sql.add(Math.min(Math.max(0, limit), 1000))
  const counts = [...new Set(fields)].map(
    (field) => `(
  select '${field}' as field, value, count, total from (
    select value, count(*) as count, sum(count(*)) over () as total
    from (select ${sources[field].replace(' from', ' as value from')}) found
    where value <> '' group by value
  ) counted order by count desc, value limit ${top})`,
  )
  const rows = await reader.query<{
    field: FacetField
    value: string
    count: string
    total: string
  }>({
    text: `
with matching as materialized (
  select r.provider_name, r.model, r.api_key_id, r.end_user, r.status, r.error_code, r.tags, r.surface, r.http_status
  from request r where ${predicate}
)
${counts.join('\nunion all')}`,
    values: sql.values,
  })
  return fields.map((field) => {
    const found = rows.filter((row) => row.field === field)
    const values = found.map(({ value, count }) => ({ value, count: BigInt(count) }))
    const shown = values.reduce((sum, { count }) => sum + count, 0n)
    return { field, values, otherCount: BigInt(found[0]?.total ?? 0) - shown }
  })
}
