import type { AllowanceState } from '#domain/allowance-state.ts'
import { BudgetExceededError, QuotaExceededError } from '../api-error.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import { Budget } from './budget.ts'
import { ErrorInterface } from './error.ts'
import { Quota } from './quota.ts'

builder.objectType(BudgetExceededError, {
  name: 'BudgetExceededError',
  description: 'Terminal for the client: never answered with Retry-After.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    budget: t.field({
      type: Budget,
      resolve: ({ refused }, _args, context) => refusing(refused.allowance.id, context),
    }),
    spent: t.field({ type: 'Decimal', resolve: ({ refused }) => refused.spent }),
    reserved: t.field({ type: 'Decimal', resolve: ({ refused }) => refused.held }),
    limit: t.field({ type: 'Decimal', resolve: ({ refused }) => refused.allowance.limit }),
    resetsAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ refused }) => refused.resetsAt,
    }),
  }),
})

builder.objectType(QuotaExceededError, {
  name: 'QuotaExceededError',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    quota: t.field({
      type: Quota,
      resolve: ({ refused }, _args, context) => refusing(refused.allowance.id, context),
    }),
    resetsAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ refused }) => refused.resetsAt,
    }),
  }),
})

/** What refused, as it stands now, even if somebody has deleted it since. */
async function refusing(id: string, { loaders }: GraphqlContext): Promise<AllowanceState> {
  const state = await loaders.allowances.ever(id)
  if (!state) throw new Error(`the allowance ${id} that refused a call is gone`)
  return state
}
