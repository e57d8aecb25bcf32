import type { ErrorCode, ErrorGroupRowFragment } from '#web/graphql/documents.ts'

/** Whether callers got an answer all the same. */
export type Outcome = 'unrescued' | 'rescued'

/** What the address narrows the groups to; null is everything. */
export interface GroupFilter {
  readonly code: string | null
  readonly provider: string | null
  readonly outcome: Outcome | null
}

/** What takes all filters away. */
export const noFilters = { error: null, provider: null, outcome: null } as const

/** The filter that the address asks for. Code and provider have the same parameters as on the page of requests. */
export function groupFilterOf(params: URLSearchParams): GroupFilter {
  const outcome = params.get('outcome')
  return {
    code: params.get('error'),
    provider: params.get('provider'),
    outcome: outcome === 'unrescued' || outcome === 'rescued' ? outcome : null,
  }
}

/** Those that the filter leaves. `unrescued`: a caller saw it at least once; `rescued`: at least one did not. */
export function selectGroups(
  groups: readonly ErrorGroupRowFragment[],
  { code, provider, outcome }: GroupFilter,
): readonly ErrorGroupRowFragment[] {
  return groups.filter(
    (group) =>
      (code === null || group.code === code) &&
      (provider === null || group.provider?.name === provider) &&
      (outcome !== 'rescued' || Number(group.rescued) > 0) &&
      (outcome !== 'unrescued' || Number(group.count) > Number(group.rescued)),
  )
}

/** What there is to choose from, in alphabetical order; what is chosen stays even where it is gone. */
export function choicesOf(
  groups: readonly ErrorGroupRowFragment[],
  { code, provider }: GroupFilter,
): { readonly codes: readonly string[]; readonly providers: readonly string[] } {
  const sorted = (values: readonly (string | null | undefined)[]) =>
    [...new Set(values.filter((value) => value !== null && value !== undefined))].toSorted()
  return {
    codes: sorted([code, ...groups.map((group): ErrorCode => group.code)]),
    providers: sorted([provider, ...groups.map((group) => group.provider?.name)]),
  }
}

/** `12 failures in 3 groups, 4 of them rescued`; empty for none. */
export function summary(groups: readonly ErrorGroupRowFragment[]): string {
  const total = groups.reduce((sum, { count }) => sum + Number(count), 0)
  if (total === 0) return ''
  const rescued = groups.reduce((sum, group) => sum + Number(group.rescued), 0)
  const failures = `${total.toLocaleString('en')} failure${total === 1 ? '' : 's'}`
  const kinds = `${groups.length} kind${groups.length === 1 ? '' : 's'}`
  return `${failures} of ${kinds}, ${rescued.toLocaleString('en')} rescued`
}

/** `provider:model`; the part that is known where one is not. */
export function targetOf({ provider, model }: ErrorGroupRowFragment): string {
  return [provider?.name, model].filter(Boolean).join(':')
}
