import type { RequestFilter } from '#domain/request-filter.ts'
import type { UsageQuery, UsageReport } from '#domain/usage-query.ts'
import { type ErrorGroup, groupErrors } from './error-groups.ts'
import { openReader } from './reader.ts'
import type { RequestOrder } from './request-cursor.ts'
import { type FacetField, facetRequests, type RequestFacet } from './request-facets.ts'
import { countRequests, type Page, type RequestPage, searchRequests } from './request-search.ts'
import { checkRollups, type RollupCheck } from './rollup-check.ts'
import { usageReport } from './usage-report.ts'

/** Everything that is asked of recorded calls, each within one tenant. */
export interface Reads {
  search(options: {
    tenantId: string
    filter: RequestFilter
    order?: RequestOrder
    page?: Page
  }): Promise<RequestPage>
  /** Null beyond 10,000. */
  count(options: { tenantId: string; filter: RequestFilter }): Promise<number | null>
  facets(options: {
    tenantId: string
    filter: RequestFilter
    fields: readonly FacetField[]
    limit?: number
  }): Promise<readonly RequestFacet[]>
  errorGroups(options: {
    tenantId: string
    filter: RequestFilter
    limit?: number
  }): Promise<readonly ErrorGroup[]>
  usage(options: { tenantId: string; query: UsageQuery; now: number }): Promise<UsageReport>
  /** For the nightly job: of all tenants. */
  check(range: { from: number; to: number }): Promise<RollupCheck>
  close(): Promise<void>
}

/** Opens reads on a database; nothing connects before the first one. */
export function createReads(options: {
  databaseUrl: string
  max?: number
  timeoutMs?: number
}): Reads {
  const reader = openReader(options.databaseUrl, options)
  return {
    search: (asked) => searchRequests(reader, asked),
    count: (asked) => countRequests(reader, asked),
    facets: (asked) => facetRequests(reader, asked),
    errorGroups: (asked) => groupErrors(reader, asked),
    usage: (asked) => usageReport(reader, asked),
    check: (range) => checkRollups(reader, range),
    close: () => reader.close(),
  }
}
