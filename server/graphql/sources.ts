import type { CataloguedModel } from '#domain/catalogued-model.ts'
import type { ProviderConfig } from '#domain/config.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { RequestFilter } from '#domain/request-filter.ts'
import type { UsageQuery, UsageReport } from '#domain/usage-query.ts'

/** The providers of the active configuration. */
export interface ProviderSource {
  /** In the configuration's order. */
  all(): readonly ConfiguredProvider[]
  find(name: string): ConfiguredProvider | undefined
  /** All models of all providers; a provider that fails contributes nothing. */
  models(): Promise<readonly CataloguedModel[]>
}

export interface ConfiguredProvider {
  readonly config: ProviderConfig
  readonly simulated: boolean
  credential(): 'PRESENT' | 'MISSING' | 'NOT_NEEDED'
}

export interface ServerInfo {
  readonly version: string
  readonly nodeVersion: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly configVersion: number
  readonly embeddedDatabase: boolean
  /** Whether the simulator is among the providers. */
  readonly simulated: boolean
}

export type RequestOrderField = 'CREATED_AT' | 'LATENCY' | 'COST' | 'TOKENS'

export interface RequestOrder {
  readonly field: RequestOrderField
  readonly direction: 'ASC' | 'DESC'
}

/** One window on a list: `first` with `after`, or `last` with `before`. */
export interface Page {
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

export interface RequestPage {
  readonly edges: readonly { readonly id: string; readonly cursor: string }[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

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

export interface RequestFacet {
  readonly field: FacetField
  readonly values: readonly { readonly value: string; readonly count: bigint }[]
  readonly otherCount: bigint
}

/** Failures of one kind. */
export interface ErrorGroup {
  readonly fingerprint: string
  readonly providerName: string | null
  readonly model: string | null
  readonly code: ErrorCode
  readonly message: string
  readonly count: bigint
  readonly rescued: bigint
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  readonly sampleId: string
  readonly trend: readonly number[]
}

interface Selection {
  readonly tenantId: string
  readonly filter: RequestFilter
}

/** What is read by plain SQL; each of one tenant. All throw a GatewayError INVALID_REQUEST for what makes no sense. */
export interface RequestReads {
  search(
    selection: Selection & { readonly order?: RequestOrder; readonly page?: Page },
  ): Promise<RequestPage>
  /** Null beyond 10,000. */
  count(selection: Selection): Promise<number | null>
  facets(
    selection: Selection & { readonly fields: readonly FacetField[]; readonly limit?: number },
  ): Promise<readonly RequestFacet[]>
  errorGroups(selection: Selection & { readonly limit?: number }): Promise<readonly ErrorGroup[]>
  usage(question: {
    readonly tenantId: string
    readonly query: UsageQuery
    readonly now: number
  }): Promise<UsageReport>
}
