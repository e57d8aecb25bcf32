/** What an allowance is counted in. TICKS is money; CONCURRENT_REQUESTS are those that run now. */
export type AllowanceUnit = 'TICKS' | 'TOKENS' | 'REQUESTS' | 'CONCURRENT_REQUESTS'

/** After which an allowance begins anew. TOTAL never does. */
export type AllowancePeriod = 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'TOTAL'

/** BLOCK refuses what would exceed the limit; NOTIFY only counts and tells. */
export type AllowanceAction = 'NOTIFY' | 'BLOCK'

export type ScopeKind =
  | 'TENANT'
  | 'PROJECT'
  | 'API_KEY'
  | 'PROVIDER'
  | 'MODEL'
  | 'END_USER'
  | 'CLIENT_IP'

/** Whose calls an allowance is for. */
export interface AllowanceScope {
  readonly kind: ScopeKind
  /**
   * A UUID for tenants, projects and keys, a provider's name, an end user, an address; a model by the provider's own
   * name for it, or as `provider:model`.
   */
  readonly value: string
}

/** A budget (money) or a quota (all else), of one tenant. */
export interface Allowance {
  readonly id: string
  readonly tenantId: string
  readonly kind: 'BUDGET' | 'QUOTA'
  readonly name: string
  readonly scope: AllowanceScope
  readonly unit: AllowanceUnit
  /** In the unit; 0 or more. */
  readonly limit: bigint
  readonly period: AllowancePeriod
  /** IANA zone in which days, weeks and months begin. */
  readonly timeZone: string
  readonly action: AllowanceAction
  /** Shares of the limit at which an alert opens, ascending; 1 is the whole limit. */
  readonly thresholds: readonly number[]
}

/** Names a scope for a lookup. */
export const scopeKey = (kind: ScopeKind, value: string): string => `${kind} ${value}`

/** Who calls, and what. */
export interface AllowanceSubject {
  readonly tenantId: string
  readonly projectId: string | null
  readonly apiKeyId: string | null
  readonly endUser: string | null
  readonly clientIp: string | null
  readonly providerName: string
  readonly model: string
  readonly simulated: boolean
}

/**
 * The scopes that a call belongs to. A simulated call belongs to its provider and model alone, so that its money never
 * mixes into real totals.
 */
export function scopesOfCall(subject: AllowanceSubject): readonly string[] {
  const { tenantId, projectId, apiKeyId, endUser, clientIp, providerName, model } = subject
  const served = [
    scopeKey('PROVIDER', providerName),
    scopeKey('MODEL', model),
    scopeKey('MODEL', `${providerName}:${model}`),
  ]
  if (subject.simulated) return served
  return [
    scopeKey('TENANT', tenantId),
    ...(projectId === null ? [] : [scopeKey('PROJECT', projectId)]),
    ...(apiKeyId === null ? [] : [scopeKey('API_KEY', apiKeyId)]),
    ...(endUser === null ? [] : [scopeKey('END_USER', endUser)]),
    ...(clientIp === null ? [] : [scopeKey('CLIENT_IP', clientIp)]),
    ...served,
  ]
}
