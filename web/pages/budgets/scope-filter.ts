import type { ParamChanges } from '#web/address.ts'
import type { ScopeKind } from '#web/graphql/documents.ts'
import { scopeKinds, scopeOf } from './scope-words.ts'

/** What of the budgets or quotas is shown. */
export interface ScopeFilter {
  /** One scope alone, as a link from elsewhere asks for it. */
  readonly scope: { readonly kind: ScopeKind; readonly value: string } | null
  readonly kind: ScopeKind | null
  /** A part of a name or of what it is on. */
  readonly text: string
}

export const noScopeFilter: ParamChanges = { scope: null, kind: null, q: null, after: null }

/** The filter that the address asks for. */
export function scopeFilterOf(params: URLSearchParams): ScopeFilter {
  return {
    scope: scopeOf(params.get('scope')),
    kind: scopeKinds.find(({ kind }) => kind === params.get('kind'))?.kind ?? null,
    text: params.get('q') ?? '',
  }
}

/** Whether a budget or quota is one of those that the filter shows, among those of its one scope. */
export function matches(
  { name, scope }: { name: string; scope: { kind: ScopeKind; label: string; value: string } },
  { kind, text }: Pick<ScopeFilter, 'kind' | 'text'>,
): boolean {
  const wanted = text.trim().toLowerCase()
  const isKind = kind === null || scope.kind === kind
  return isKind && `${name} ${scope.label} ${scope.value}`.toLowerCase().includes(wanted)
}
