import type { AllowanceState } from '#domain/allowance-state.ts'
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changedAllowance, changerOf } from '../changed-allowance.ts'
import { idOfType } from '../global-id.ts'
import { refusable } from '../refusable.ts'
import { plainScope } from '../scope-value.ts'
import { DeleteResult, NodeIdInput } from './delete-result.ts'
import { Quota, QuotaUnit, QuotaWindow, quotaWindows } from './quota.ts'
import { ScopeInput } from './scope.ts'

const CreateQuotaInput = builder.inputType('CreateQuotaInput', {
  fields: (t) => ({
    scope: t.field({ type: ScopeInput, required: true }),
    name: t.string({ required: true }),
    unit: t.field({ type: QuotaUnit, required: true }),
    limit: t.field({ type: 'BigInt', required: true }),
    window: t.field({ type: QuotaWindow, required: true }),
    timeZone: t.field({ type: 'TimeZone' }),
  }),
})

const UpdateQuotaInput = builder.inputType('UpdateQuotaInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int({ required: true }),
    name: t.string(),
    limit: t.field({ type: 'BigInt' }),
    timeZone: t.field({ type: 'TimeZone' }),
  }),
})

const QuotaSuccess = builder
  .objectRef<{ readonly quota: AllowanceState }>('QuotaSuccess')
  .implement({ fields: (t) => ({ quota: t.expose('quota', { type: Quota }) }) })

const QuotaResult = builder.errorUnion('QuotaResult', {
  types: [QuotaSuccess, ValidationError, NotFoundError, ConflictError, ForbiddenError],
  resolveType: () => 'QuotaSuccess',
})

const manages = { authScopes: { may: 'manage-budgets' }, skipTypeScopes: true } as const

builder.mutationFields((t) => ({
  createQuota: t.field({
    ...manages,
    type: QuotaResult,
    args: { input: t.arg({ type: CreateQuotaInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const id = await context.services.allowances.create(
          {
            kind: 'QUOTA',
            name: input.name,
            scope: plainScope(input.scope),
            unit: input.unit,
            limit: input.limit,
            period: quotaWindows[input.window],
            timeZone: input.timeZone ?? undefined,
            action: 'BLOCK',
            thresholds: [],
          },
          changerOf(context),
        )
        return { quota: await changedAllowance(id, context) }
      }),
  }),
  updateQuota: t.field({
    ...manages,
    type: QuotaResult,
    args: { input: t.arg({ type: UpdateQuotaInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const id = idOfType('Quota', input.id)
        const { expectedVersion } = input
        const edit = {
          name: input.name ?? undefined,
          limit: input.limit ?? undefined,
          timeZone: input.timeZone ?? undefined,
        }
        const change = { kind: 'QUOTA', id, expectedVersion, edit } as const
        await context.services.allowances.update(change, changerOf(context))
        return { quota: await changedAllowance(id, context) }
      }),
  }),
  deleteQuota: t.field({
    ...manages,
    type: DeleteResult,
    args: { input: t.arg({ type: NodeIdInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const key = { kind: 'QUOTA', id: idOfType('Quota', input.id) } as const
        await context.services.allowances.remove(key, changerOf(context))
        return { id: input.id }
      }),
  }),
}))
