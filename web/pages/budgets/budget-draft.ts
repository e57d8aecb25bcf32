import { typedMoney } from '#web/format/typed-money.ts'
import { ticks } from '#web/format/ticks.ts'
import type {
  BudgetAction,
  BudgetPeriod,
  BudgetRowFragment,
  CreateBudgetInput,
  ScopeKind,
  UpdateBudgetInput,
} from '#web/graphql/documents.ts'
import { thresholdText, typedThresholds } from './thresholds.ts'

/** A budget while somebody writes it: every field as it was typed. */
export interface BudgetDraft {
  readonly name: string
  readonly scopeKind: ScopeKind
  readonly scopeValue: string
  readonly limit: string
  readonly period: BudgetPeriod
  readonly timeZone: string
  readonly action: BudgetAction
  /** In percent, with commas between. */
  readonly thresholds: string
}

export type BudgetField = keyof BudgetDraft

/** What can be changed later; scope and period are what a budget is. */
export const changeable = ['name', 'limit', 'action', 'thresholds', 'timeZone'] as const

/** A first budget for whoever has none: generous enough to refuse nothing by accident. */
export function newBudget({ tenantId, timeZone }: { tenantId: string; timeZone: string }) {
  return {
    name: '',
    scopeKind: 'TENANT',
    scopeValue: tenantId,
    limit: '',
    period: 'MONTHLY',
    timeZone,
    action: 'BLOCK',
    thresholds: '50, 80, 100',
  } satisfies BudgetDraft
}

/** A budget as a draft to change. */
export function draftOf(budget: BudgetRowFragment): BudgetDraft {
  return {
    name: budget.name,
    scopeKind: budget.scope.kind,
    scopeValue: budget.scope.value,
    limit: plainAmount(budget.limit),
    period: budget.period,
    timeZone: budget.timeZone,
    action: budget.action,
    thresholds: thresholdText(budget.alertThresholds),
  }
}

/** What keeps a draft from being sent, by field. */
export function draftProblems(draft: BudgetDraft): Readonly<Partial<Record<BudgetField, string>>> {
  return {
    ...(draft.name.trim() === '' && { name: 'Give it a name.' }),
    ...(draft.scopeValue.trim() === '' && { scopeValue: 'Choose what it is on.' }),
    ...(typedMoney(draft.limit) === null && {
      limit: 'An amount such as 250 or 0.50, with at most six decimals.',
    }),
    ...(typedThresholds(draft.thresholds) === null && {
      thresholds: 'Ascending percentages such as 50, 80, 100.',
    }),
  }
}

export function createInput(draft: BudgetDraft): CreateBudgetInput {
  return {
    name: draft.name.trim(),
    scope: { kind: draft.scopeKind, value: draft.scopeValue.trim() },
    limit: typedMoney(draft.limit) ?? '',
    period: draft.period,
    timeZone: draft.timeZone.trim(),
    action: draft.action,
    alertThresholds: [...(typedThresholds(draft.thresholds) ?? [])],
  }
}

/**
 * What a draft changes, and nothing else: so two people who change different things do not undo each other.
 *
 * @param from The budget as the draft began.
 * @param expectedVersion The version that is to be replaced.
 */
export function updateInput(
  draft: BudgetDraft,
  { from, expectedVersion }: { from: BudgetRowFragment; expectedVersion: number },
): UpdateBudgetInput {
  const { name, limit, action, alertThresholds, timeZone } = createInput(draft)
  const changed = new Set(changedFields(draft, draftOf(from)))
  return {
    id: from.id,
    expectedVersion,
    ...(changed.has('name') && { name }),
    ...(changed.has('limit') && { limit }),
    ...(changed.has('action') && { action }),
    ...(changed.has('thresholds') && { alertThresholds }),
    ...(changed.has('timeZone') && { timeZone }),
  }
}

/** The fields in which two drafts of one budget differ; how an amount is spelt is no difference. */
export function changedFields(mine: BudgetDraft, theirs: BudgetDraft) {
  return changeable.filter((field) => spelt(mine, field) !== spelt(theirs, field))
}

function spelt(draft: BudgetDraft, field: (typeof changeable)[number]): string {
  if (field === 'limit') {
    const amount = typedMoney(draft.limit)
    return amount === null ? draft.limit : String(ticks(amount))
  }
  if (field === 'thresholds') return JSON.stringify(typedThresholds(draft.thresholds))
  return draft[field].trim()
}

/** A Decimal without the zeros at its end. */
function plainAmount(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount
}
