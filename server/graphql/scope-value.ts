import type { Viewer } from '#domain/access.ts'
import type { AllowanceScope, ScopeKind } from '#domain/allowance.ts'
import { plainText } from '#domain/plain-text.ts'
import { encodeGlobalId, plainId } from './global-id.ts'

/** The types of those scopes that are nodes. */
const nodeTypes: Partial<Record<ScopeKind, string>> = {
  TENANT: 'Tenant',
  PROJECT: 'Project',
  API_KEY: 'ApiKey',
  PROVIDER: 'Provider',
}

/** A scope as it is stored: nodes by their own ids, providers by their names, all else by its text. */
export function plainScope({ kind, value }: AllowanceScope): AllowanceScope {
  const typename = nodeTypes[kind]
  if (typename !== undefined) return { kind, value: plainId(typename, value) }
  // An end user is written as calls have them: another spelling would never match.
  return { kind, value: kind === 'END_USER' ? (plainText(value) ?? '') : value.trim() }
}

/** The value of a scope as clients have it. */
export function scopeValue({ kind, value }: AllowanceScope): string {
  const typename = nodeTypes[kind]
  return typename === undefined ? value : encodeGlobalId(typename, value)
}

/**
 * Of which tenant the allowances of a scope are looked for; null for any. What is no node is each tenant's own, so that
 * even those who run the installation see only their own there.
 */
export function tenantOfScope(
  scope: AllowanceScope | undefined,
  { tenantId, runsInstallation }: Viewer,
): string | null {
  const isNode = scope?.kind === 'TENANT' || scope?.kind === 'PROJECT' || scope?.kind === 'API_KEY'
  return runsInstallation && isNode ? null : tenantId
}
