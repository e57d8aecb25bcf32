import { countedModel } from '#domain/counting.ts'
import type { RequestRecord } from '#domain/request-record.ts'

export type LiveScopeKind =
  | 'TENANT'
  | 'PROJECT'
  | 'API_KEY'
  | 'PROVIDER'
  | 'MODEL'
  | 'END_USER'
  | 'CLIENT_IP'

/** Whose calls are counted: those of one tenant that have one value; `value` is empty for all of the tenant. */
export interface LiveScope {
  readonly tenantId: string
  readonly kind: LiveScopeKind
  readonly value: string
}

export const scopeKey = ({ tenantId, kind, value }: LiveScope): string =>
  `${tenantId} ${kind} ${value}`

/** What of a call decides whether it belongs to a scope. */
export interface Scoped {
  readonly tenantId: string
  readonly projectId: string | null
  readonly apiKeyId: string | null
  readonly endUser: string | null
  readonly clientIp: string | null
  /** Empty while unknown. */
  readonly model: string
  /** All that worked for it. */
  readonly providerNames: readonly string[]
}

export function recordBelongsTo(scope: LiveScope, record: RequestRecord): boolean {
  const { tenantId, projectId, apiKeyId, endUser, clientIp, attempts } = record
  if (scope.kind === 'TENANT') return tenantId === scope.tenantId
  const providerNames = attempts.map(({ providerName }) => providerName)
  return belongsTo(scope, {
    tenantId,
    projectId,
    apiKeyId,
    endUser,
    clientIp,
    model: countedModel(record),
    providerNames,
  })
}

export function belongsTo({ tenantId, kind, value }: LiveScope, call: Scoped): boolean {
  if (call.tenantId !== tenantId) return false
  switch (kind) {
    case 'TENANT':
      return true
    case 'PROJECT':
      return call.projectId === value
    case 'API_KEY':
      return call.apiKeyId === value
    case 'PROVIDER':
      return call.providerNames.includes(value)
    case 'MODEL':
      return call.model === value
    case 'END_USER':
      return call.endUser === value
    case 'CLIENT_IP':
      return call.clientIp === value
  }
}
