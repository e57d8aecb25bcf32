import type { ScopeKind } from '#web/graphql/documents.ts'

/** What a budget or quota can be on, in the order from wide to narrow. */
export const scopeKinds: readonly { readonly kind: ScopeKind; readonly label: string }[] = [
  { kind: 'TENANT', label: 'Tenant' },
  { kind: 'PROJECT', label: 'Project' },
  { kind: 'API_KEY', label: 'API key' },
  { kind: 'PROVIDER', label: 'Provider' },
  { kind: 'MODEL', label: 'Model' },
  { kind: 'END_USER', label: 'End user' },
  { kind: 'CLIENT_IP', label: 'Client address' },
]

export function scopeLabel(kind: ScopeKind): string {
  return scopeKinds.find((one) => one.kind === kind)?.label ?? kind
}

/** The scope that the address asks for as `KIND:value`; null when it asks for none. */
export function scopeOf(param: string | null): { kind: ScopeKind; value: string } | null {
  const at = param?.indexOf(':') ?? -1
  const kind = scopeKinds.find((one) => one.kind === param?.slice(0, at))?.kind
  const value = param?.slice(at + 1) ?? ''
  return kind && value !== '' ? { kind, value } : null
}
