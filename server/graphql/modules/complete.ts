import {
  BudgetExceededError,
  ForbiddenError,
  NotFoundError,
  OverloadedError,
  ProviderFailureError,
  QuotaExceededError,
  RateLimitedError,
  RefusedError,
  ValidationError,
} from '../api-error.ts'
import { builder } from '../builder.ts'
import { cancelCompletion, createCompletion, startCompletion } from '../run-completion.ts'
import { Completion } from './completion.ts'
import { CompletionInput } from './completion-input.ts'

const refusals = [
  ValidationError,
  ForbiddenError,
  BudgetExceededError,
  QuotaExceededError,
  RateLimitedError,
  OverloadedError,
  RefusedError,
]

const CancelCompletionInput = builder.inputType('CancelCompletionInput', {
  fields: (t) => ({ completionId: t.id({ required: true }) }),
})

builder.mutationFields((t) => ({
  createCompletion: t.field({
    type: Completion,
    errors: { types: [...refusals, ProviderFailureError], dataField: { name: 'completion' } },
    args: { input: t.arg({ type: CompletionInput, required: true }) },
    resolve: (_root, { input }, context) => createCompletion(input, context),
  }),
  startCompletion: t.field({
    type: 'ID',
    description:
      'Returns at once; follow with completionEvents. Survives reconnects without a second upstream call.',
    errors: { types: refusals, dataField: { name: 'completionId' } },
    args: { input: t.arg({ type: CompletionInput, required: true }) },
    resolve: (_root, { input }, context) => startCompletion(input, context),
  }),
  cancelCompletion: t.field({
    type: 'ID',
    errors: { types: [NotFoundError, ForbiddenError], dataField: { name: 'completionId' } },
    args: { input: t.arg({ type: CancelCompletionInput, required: true }) },
    resolve: (_root, { input }, context) => cancelCompletion(input.completionId, context),
  }),
}))
