import type { FieldIssue as Issue } from '#domain/errors.ts'
import {
  type ApiError,
  ConflictError,
  ForbiddenError,
  NotFoundError,
  OverloadedError,
  ProviderFailureError,
  RateLimitedError,
  RefusedError,
  ValidationError,
} from '../api-error.ts'
import { builder } from '../builder.ts'
import { attemptView } from '../attempt-view.ts'
import { Attempt } from './attempt.ts'
import { ErrorCode } from './error-code.ts'

const FieldIssue = builder.objectRef<Issue>('FieldIssue').implement({
  fields: (t) => ({
    path: t.exposeStringList('path'),
    message: t.exposeString('message'),
    line: t.exposeInt('line', { nullable: true }),
    column: t.exposeInt('column', { nullable: true }),
  }),
})

export const ErrorInterface = builder.interfaceRef<ApiError>('Error').implement({
  description:
    "Every expected refusal is a member of the mutation's result union and implements this.",
  resolveType: ({ name }) => name,
  fields: (t) => ({
    message: t.exposeString('message'),
    code: t.expose('code', { type: ErrorCode }),
    retryable: t.exposeBoolean('retryable'),
    requestId: t.exposeID('requestId'),
  }),
})

builder.objectType(ValidationError, {
  name: 'ValidationError',
  interfaces: [ErrorInterface],
  fields: (t) => ({ issues: t.expose('issues', { type: [FieldIssue] }) }),
})

builder.objectType(NotFoundError, { name: 'NotFoundError', interfaces: [ErrorInterface] })

builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  interfaces: [ErrorInterface],
  fields: (t) => ({ missingScopes: t.exposeStringList('missingScopes') }),
})

builder.objectType(RateLimitedError, {
  name: 'RateLimitedError',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    policy: t.string({ resolve: ({ rate }) => rate.policy }),
    limit: t.int({ resolve: ({ rate }) => rate.limit }),
    remaining: t.int({ resolve: ({ rate }) => rate.remaining }),
    retryAfterMs: t.int({ resolve: ({ rate }) => Math.ceil(rate.retryAfterMs) }),
  }),
})

builder.objectType(ConflictError, {
  name: 'ConflictError',
  description: 'Somebody else saved first (optimistic lock).',
  interfaces: [ErrorInterface],
  fields: (t) => ({ currentVersion: t.exposeInt('currentVersion') }),
})

builder.objectType(OverloadedError, {
  name: 'OverloadedError',
  description:
    "Queue full, shedding, or the budget's remainder is held by running calls: come back after retryAfterMs.",
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfterMs: t.int({ resolve: ({ retryAfterMs }) => Math.ceil(retryAfterMs) }),
  }),
})

builder.objectType(RefusedError, {
  name: 'RefusedError',
  description:
    'Any other refusal: unknown model, blocked content, cancelled, an idempotency key reused with another input.',
  interfaces: [ErrorInterface],
})

builder.objectType(ProviderFailureError, {
  name: 'ProviderFailureError',
  description: 'Every target was tried or skipped; `attempts` says why each failed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    attempts: t.field({ type: [Attempt], resolve: ({ attempts }) => attempts.map(attemptView) }),
  }),
})
