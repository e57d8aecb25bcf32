import { wrapErrorIfMatches } from '@pothos/plugin-errors'
import { asGatewayError } from '#domain/errors.ts'
import type { CompletionPlan as Plan, PlannedTarget } from '#gateway/explain.ts'
import { type ApiError, apiError, apiErrors } from '../api-error.ts'
import { builder } from '../builder.ts'
import { callRequest } from '../call-request.ts'
import type { CompletionChoice } from '../completion-choice.ts'
import type { GraphqlContext } from '../context.ts'
import { CompletionInput } from './completion-input.ts'
import { ErrorInterface } from './error.ts'
import { PlanRule } from './plan-rule.ts'
import { ProviderRef } from './provider-ref.ts'

const PlanCandidate = builder.objectRef<PlannedTarget>('PlanCandidate').implement({
  fields: (t) => ({
    provider: t.field({
      type: ProviderRef,
      resolve: ({ target: { adapter, simulated } }) => ({
        config: adapter.config,
        simulated,
        credential: () => adapter.credential(),
      }),
    }),
    model: t.string({ resolve: ({ target }) => target.model }),
    eligible: t.exposeBoolean('eligible'),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it stands where it stands, or why it is left out.',
    }),
    estimatedCost: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'The most that the call can cost there; null where no price is known.',
      resolve: ({ worstCost }) => worstCost,
    }),
  }),
})

const CompletionPlan = builder.objectRef<Plan>('CompletionPlan').implement({
  description: 'What would happen to this call; nothing is sent and nothing is charged.',
  fields: (t) => ({
    candidates: t.field({
      type: [PlanCandidate],
      description: 'In the order in which they would be asked.',
      resolve: ({ candidates }) => [...candidates],
    }),
    estimatedInputTokens: t.exposeInt('estimatedInputTokens'),
    worstCaseCost: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'At the dearest of the eligible candidates.',
      resolve: ({ worstCost }) => worstCost,
    }),
    rules: t.field({
      type: [PlanRule],
      description: 'Those that are for this call, in their order.',
      resolve: ({ rules }) => [...rules],
    }),
    blockedBy: t.field({
      type: [ErrorInterface],
      description: 'Everything that would refuse the call now.',
      // Wrapped, as the plugin wraps members of results: an executor takes a plain Error for one that was thrown.
      resolve: ({ blockedBy }, _args, { requestId }) =>
        blockedBy.map(
          (error) => wrapErrorIfMatches(apiError(error, { requestId }), apiErrors) as ApiError,
        ),
    }),
  }),
})

builder.queryField('explainCompletion', (t) =>
  t.field({
    type: CompletionPlan,
    args: { input: t.arg({ type: CompletionInput, required: true }) },
    resolve: (_root, { input }, context) => planOf(input, context),
  }),
)

/** What nobody can read would be refused, too, and is the whole plan. */
function planOf(input: CompletionChoice, context: GraphqlContext): Plan | Promise<Plan> {
  try {
    return context.services.gateway.plan(callRequest(input, { context, stream: false }))
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (error.unexpected) throw error
    return {
      candidates: [],
      estimatedInputTokens: 0,
      worstCost: null,
      rules: [],
      blockedBy: [error],
    }
  }
}
