import { issue, refuseIssues } from '#domain/allowance-draft.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import { parseUsd, type Ticks } from '#domain/money.ts'
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changedAllowance, changerOf } from '../changed-allowance.ts'
import { idOfType } from '../global-id.ts'
import { refusable } from '../refusable.ts'
import { plainScope } from '../scope-value.ts'
import { Budget, BudgetAction, BudgetPeriod, budgetPeriods } from './budget.ts'
import { DeleteResult, NodeIdInput } from './delete-result.ts'
import { ScopeInput } from './scope.ts'

const CreateBudgetInput = builder.inputType('CreateBudgetInput', {
  fields: (t) => ({
    scope: t.field({ type: ScopeInput, required: true }),
    name: t.string({ required: true }),
    limit: t.field({ type: 'Decimal', required: true }),
    period: t.field({ type: BudgetPeriod, required: true }),
    timeZone: t.field({ type: 'TimeZone' }),
    action: t.field({ type: BudgetAction, required: true, defaultValue: 'BLOCK' }),
    alertThresholds: t.floatList({ required: true, defaultValue: [0.5, 0.8, 1] }),
  }),
})

const UpdateBudgetInput = builder.inputType('UpdateBudgetInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int({ required: true }),
    name: t.string(),
    limit: t.field({ type: 'Decimal' }),
    action: t.field({ type: BudgetAction }),
    alertThresholds: t.floatList(),
    timeZone: t.field({ type: 'TimeZone' }),
    paused: t.boolean(),
  }),
})

const BudgetSuccess = builder
  .objectRef<{ readonly budget: AllowanceState }>('BudgetSuccess')
  .implement({ fields: (t) => ({ budget: t.expose('budget', { type: Budget }) }) })

const BudgetResult = builder.errorUnion('BudgetResult', {
  types: [BudgetSuccess, ValidationError, NotFoundError, ConflictError, ForbiddenError],
  resolveType: () => 'BudgetSuccess',
})

const manages = { authScopes: { may: 'manage-budgets' }, skipTypeScopes: true } as const

builder.mutationFields((t) => ({
  createBudget: t.field({
    ...manages,
    type: BudgetResult,
    args: { input: t.arg({ type: CreateBudgetInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const id = await context.services.allowances.create(
          {
            kind: 'BUDGET',
            name: input.name,
            scope: plainScope(input.scope),
            unit: 'TICKS',
            limit: ticksOf(input.limit),
            period: budgetPeriods[input.period],
            timeZone: input.timeZone ?? undefined,
            action: input.action,
            thresholds: input.alertThresholds,
          },
          changerOf(context),
        )
        return { budget: await changedAllowance(id, context) }
      }),
  }),
  updateBudget: t.field({
    ...manages,
    type: BudgetResult,
    args: { input: t.arg({ type: UpdateBudgetInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const id = idOfType('Budget', input.id)
        const { expectedVersion, limit } = input
        const edit = {
          name: input.name ?? undefined,
          limit: limit === null || limit === undefined ? undefined : ticksOf(limit),
          action: input.action ?? undefined,
          thresholds: input.alertThresholds ?? undefined,
          timeZone: input.timeZone ?? undefined,
          paused: input.paused ?? undefined,
        }
        const change = { kind: 'BUDGET', id, expectedVersion, edit } as const
        await context.services.allowances.update(change, changerOf(context))
        return { budget: await changedAllowance(id, context) }
      }),
  }),
  deleteBudget: t.field({
    ...manages,
    type: DeleteResult,
    args: { input: t.arg({ type: NodeIdInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const key = { kind: 'BUDGET', id: idOfType('Budget', input.id) } as const
        await context.services.allowances.remove(key, changerOf(context))
        return { id: input.id }
      }),
  }),
}))

/** @throws {GatewayError} INVALID_REQUEST for what is finer than a tick: a limit is never rounded. */
function ticksOf(limit: string): Ticks {
  const isExact = /^-?\d+(?:\.\d{0,10}0*)?$/.test(limit)
  refuseIssues(isExact ? [] : [issue('limit', 'must have at most 10 decimals')])
  return parseUsd(limit)
}
