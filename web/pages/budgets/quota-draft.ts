import { count } from '#web/format/number.ts'
import type {
  CreateQuotaInput,
  QuotaRowFragment,
  QuotaUnit,
  QuotaWindow,
  ScopeKind,
  UpdateQuotaInput,
} from '#web/graphql/documents.ts'

/** A quota while somebody writes it: every field as it was typed. */
export interface QuotaDraft {
  readonly name: string
  readonly scopeKind: ScopeKind
  readonly scopeValue: string
  readonly unit: QuotaUnit
  readonly window: QuotaWindow
  readonly limit: string
  readonly timeZone: string
}

export type QuotaField = keyof QuotaDraft

export const quotaUnits: readonly { readonly value: QuotaUnit; readonly label: string }[] = [
  { value: 'REQUESTS', label: 'Requests' },
  { value: 'TOKENS', label: 'Tokens' },
  { value: 'CONCURRENT_REQUESTS', label: 'Requests at once' },
]

export const quotaWindows: readonly { readonly value: QuotaWindow; readonly label: string }[] = [
  { value: 'SECOND', label: 'a second' },
  { value: 'MINUTE', label: 'a minute' },
  { value: 'HOUR', label: 'an hour' },
  { value: 'DAY', label: 'a day' },
  { value: 'MONTH', label: 'a month' },
]

/** A quota's limit as one says it: `60 requests a minute`, `4 requests at once`. */
export function quotaRule({
  limit,
  unit,
  window,
}: Pick<QuotaRowFragment, 'limit' | 'unit' | 'window'>): string {
  const what = quotaUnits.find(({ value }) => value === unit)?.label.toLowerCase() ?? ''
  const named = String(limit) === '1' ? what.replace(/s(?=$| )/, '') : what
  const span = quotaWindows.find(({ value }) => value === window)?.label
  return [count(limit), named, span].filter(Boolean).join(' ')
}

/** The window follows a calendar, so its zone matters. */
export const hasZone = (window: QuotaWindow) => window === 'DAY' || window === 'MONTH'

export function newQuota({ tenantId, timeZone }: { tenantId: string; timeZone: string }) {
  return {
    name: '',
    scopeKind: 'TENANT',
    scopeValue: tenantId,
    unit: 'REQUESTS',
    window: 'MINUTE',
    limit: '',
    timeZone,
  } satisfies QuotaDraft
}

export function quotaDraftOf(quota: QuotaRowFragment): QuotaDraft {
  const { name, scope, unit, window, limit, timeZone } = quota
  const { kind: scopeKind, value: scopeValue } = scope
  return { name, scopeKind, scopeValue, unit, window, limit: String(limit), timeZone }
}

const wholeNumber = /^\d{1,3}(?:,\d{3})+$|^\d{1,19}$/
const largest = 2n ** 63n - 1n

/** A whole number as the schema's BigInt is sent; null where it is none. */
function typedCount(text: string): number | string | null {
  if (!wholeNumber.test(text.trim())) return null
  const value = BigInt(text.trim().replaceAll(',', ''))
  if (value > largest) return null
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
}

export function quotaProblems(draft: QuotaDraft): Readonly<Partial<Record<QuotaField, string>>> {
  return {
    ...(draft.name.trim() === '' && { name: 'Give it a name.' }),
    ...(draft.scopeValue.trim() === '' && { scopeValue: 'Choose what it is on.' }),
    ...(typedCount(draft.limit) === null && { limit: 'A whole number such as 60.' }),
  }
}

export function createQuotaInput(draft: QuotaDraft): CreateQuotaInput {
  return {
    name: draft.name.trim(),
    scope: { kind: draft.scopeKind, value: draft.scopeValue.trim() },
    unit: draft.unit,
    window: draft.unit === 'CONCURRENT_REQUESTS' ? 'NONE' : draft.window,
    limit: typedCount(draft.limit) ?? '',
    ...(hasZone(draft.window) && { timeZone: draft.timeZone.trim() }),
  }
}

/** What a draft changes, and nothing else. */
export function updateQuotaInput(
  draft: QuotaDraft,
  { from, expectedVersion }: { from: QuotaRowFragment; expectedVersion: number },
): UpdateQuotaInput {
  const limit = typedCount(draft.limit) ?? ''
  const name = draft.name.trim()
  const timeZone = draft.timeZone.trim()
  return {
    id: from.id,
    expectedVersion,
    ...(name !== from.name && { name }),
    ...(String(limit) !== String(from.limit) && { limit }),
    ...(timeZone !== from.timeZone && { timeZone }),
  }
}

/** The fields in which two drafts of one quota differ. */
export function changedQuotaFields(mine: QuotaDraft, theirs: QuotaDraft) {
  const fields = ['name', 'limit', 'timeZone'] as const
  return fields.filter((field) => mine[field].trim() !== theirs[field].trim())
}
