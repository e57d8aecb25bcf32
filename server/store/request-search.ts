import { GatewayError } from '#domain/errors.ts'
import type { RequestFilter } from '#domain/request-filter.ts'
import type { Reader } from './reader.ts'
import {
  readCursor,
  type RequestOrder,
  type RequestOrderField,
  writeCursor,
} from './request-cursor.ts'
import { requestPredicate } from './request-predicate.ts'
import { SqlValues } from './sql-values.ts'

/** One window on a list: `first` with `after`, or `last` with `before`. */
export interface Page {
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

export interface RequestPage {
  /** In the order of the list. */
  readonly edges: readonly { readonly id: string; readonly cursor: string }[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

const defaultSize = 50
const largestSize = 500
/** Up to here a list is counted exactly. */
const countLimit = 10_000

/** What a list is ordered by; unknown values come after all others where the highest is first. */
const orderings: Readonly<Record<RequestOrderField, string>> = {
  CREATED_AT: '',
  LATENCY: 'coalesce(r.latency_ms, -1)',
  COST: 'coalesce(r.cost_total, -1)',
  TOKENS: 'coalesce(r.input_tokens::bigint + r.output_tokens, -1)',
}

const types: Readonly<Record<RequestOrderField, string>> = {
  CREATED_AT: '',
  LATENCY: 'float8',
  COST: 'bigint',
  TOKENS: 'bigint',
}

/**
 * Finds calls, newest first unless asked otherwise, by keyset: a page costs the same however deep it lies, and calls
 * that come in meanwhile neither shift nor repeat a row. One statement.
 *
 * @throws {GatewayError} INVALID_REQUEST for sizes beyond 500, both directions at once and cursors of other lists.
 */
export async function searchRequests(
  reader: Reader,
  {
    tenantId,
    filter,
    order = { field: 'CREATED_AT', direction: 'DESC' },
    page = {},
  }: { tenantId: string; filter: RequestFilter; order?: RequestOrder; page?: Page },
): Promise<RequestPage> {
  const backwards = page.last !== null && page.last !== undefined
  const size = pageSize(page, backwards)
  const sql = new SqlValues()
  const terms = [requestPredicate(filter, { tenantId, sql })]
  if (page.after) terms.push(beyond(page.after, { order, sql, towards: 'end' }))
  if (page.before) terms.push(beyond(page.before, { order, sql, towards: 'start' }))
  const value = orderings[order.field]
  const direction = (order.direction === 'DESC') === backwards ? 'asc' : 'desc'
  const rows = await reader.query<{ id: string; value: string }>({
    text: `
select r.id, ${value ? `(${value})::text` : `''`} as value from request r
where ${terms.join('\n  and ')}
order by ${value ? `${value} ${direction}, ` : ''}r.id ${direction}
limit ${sql.add(size + 1)}`,
    values: sql.values,
  })
  const more = rows.length > size
  const shown = rows.slice(0, size)
  if (backwards) shown.reverse()
  return {
    edges: shown.map((row) => ({ id: row.id, cursor: writeCursor(row, order) })),
    hasNextPage: backwards ? Boolean(page.before) : more,
    hasPreviousPage: backwards ? more : Boolean(page.after),
  }
}

/** How many calls the filter selects; null beyond 10,000, where counting would cost more than it tells. */
export async function countRequests(
  reader: Reader,
  { tenantId, filter }: { tenantId: string; filter: RequestFilter },
): Promise<number | null> {
  const sql = new SqlValues()
  const [row] = await reader.query<{ count: number }>({
    text: `
select count(*)::int as count from (
  select from request r where ${requestPredicate(filter, { tenantId, sql })} limit ${sql.add(countLimit + 1)}
) found`,
    values: sql.values,
  })
  return row && row.count <= countLimit ? row.count : null
}

function pageSize({ first, last, after, before }: Page, backwards: boolean): number {
  if ((typeof first === 'number' && backwards) || (backwards && after) || (!backwards && before)) {
    throw new GatewayError('INVALID_REQUEST', 'Page with first and after, or with last and before.')
  }
  const size = first ?? last ?? defaultSize
  if (!Number.isInteger(size) || size < 0 || size > largestSize) {
    throw new GatewayError('INVALID_REQUEST', `A page has 0 to ${largestSize} rows.`, {
      issues: [
        { path: [backwards ? 'last' : 'first'], message: `must be from 0 to ${largestSize}` },
      ],
    })
  }
  return size
}

/** Rows that lie beyond a cursor. */
function beyond(
  cursor: string,
  { order, sql, towards }: { order: RequestOrder; sql: SqlValues; towards: 'start' | 'end' },
): string {
  const { id, value } = readCursor(cursor, order)
  const comparison = (order.direction === 'DESC') === (towards === 'end') ? '<' : '>'
  const key = orderings[order.field]
  if (!key) return `r.id ${comparison} ${sql.add(id)}::uuid`
  return `(${key}, r.id) ${comparison} (${sql.add(value)}::${types[order.field]}, ${sql.add(id)}::uuid)`
}
