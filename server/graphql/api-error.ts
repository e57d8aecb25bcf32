import type { RefusedAllowance } from '#domain/allowance-refusal.ts'
import type { ErrorCode, FieldIssue, GatewayError, RefusedRate } from '#domain/errors.ts'
import type { AttemptRecord } from '#domain/request-record.ts'

/** An expected refusal as GraphQL shows it: a member of a result union, or a top-level error with its code. */
export abstract class ApiError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly requestId: string

  constructor(
    error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean },
    requestId: string,
  ) {
    super(error.message, { cause: error })
    this.code = error.code
    this.retryable = error.retryable
    this.requestId = requestId
  }
}

export class ValidationError extends ApiError {
  override readonly name = 'ValidationError'
  readonly issues: readonly FieldIssue[]

  constructor(error: GatewayError, requestId: string) {
    super(error, requestId)
    this.issues = error.details.issues ?? []
  }
}

export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError'
}

export class ForbiddenError extends ApiError {
  override readonly name = 'ForbiddenError'
  readonly missingScopes: readonly string[]

  constructor(error: GatewayError, requestId: string) {
    super(error, requestId)
    this.missingScopes = error.details.missingScopes ?? []
  }
}

export class RateLimitedError extends ApiError {
  override readonly name = 'RateLimitedError'
  readonly rate: RefusedRate

  constructor(error: GatewayError, { requestId, rate }: { requestId: string; rate: RefusedRate }) {
    super(error, requestId)
    this.rate = rate
  }
}

export class OverloadedError extends ApiError {
  override readonly name = 'OverloadedError'
  readonly retryAfterMs: number

  constructor(error: GatewayError, requestId: string) {
    super(error, requestId)
    this.retryAfterMs = error.details.retryAfterMs ?? 1000
  }
}

export class RefusedError extends ApiError {
  override readonly name = 'RefusedError'
}

export class ProviderFailureError extends ApiError {
  override readonly name = 'ProviderFailureError'
  readonly attempts: readonly AttemptRecord[]

  constructor(
    error: GatewayError,
    { requestId, attempts }: { requestId: string; attempts: readonly AttemptRecord[] },
  ) {
    super(error, requestId)
    this.attempts = attempts
  }
}

/** Somebody else saved first. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError'
  readonly currentVersion: number

  constructor(
    error: GatewayError,
    { requestId, currentVersion }: { requestId: string; currentVersion: number },
  ) {
    super(error, requestId)
    this.currentVersion = currentVersion
  }
}

/** A budget or quota stood in the way. */
abstract class AllowanceError extends ApiError {
  readonly refused: RefusedAllowance

  constructor(
    error: GatewayError,
    { requestId, refused }: { requestId: string; refused: RefusedAllowance },
  ) {
    super(error, requestId)
    this.refused = refused
  }
}

export class BudgetExceededError extends AllowanceError {
  override readonly name = 'BudgetExceededError'
}

export class QuotaExceededError extends AllowanceError {
  override readonly name = 'QuotaExceededError'
}

/** Every kind of refusal that GraphQL has a type for. */
export const apiErrors = [
  ValidationError,
  NotFoundError,
  ForbiddenError,
  ConflictError,
  BudgetExceededError,
  QuotaExceededError,
  RateLimitedError,
  OverloadedError,
  RefusedError,
  ProviderFailureError,
]

/** Turns a refusal into the type that the contract has for it. */
export function apiError(
  error: GatewayError,
  { requestId, attempts = [] }: { requestId: string; attempts?: readonly AttemptRecord[] },
): ApiError {
  switch (error.code) {
    case 'INVALID_REQUEST':
    case 'CONFIG_INVALID':
      return new ValidationError(error, requestId)
    case 'NOT_FOUND':
      return new NotFoundError(error, requestId)
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return new ForbiddenError(error, requestId)
    case 'QUEUE_FULL':
    case 'OVERLOADED':
    case 'BUDGET_BUSY':
      return new OverloadedError(error, requestId)
    case 'RATE_LIMITED': {
      const { rateLimit: rate } = error.details
      return rate
        ? new RateLimitedError(error, { requestId, rate })
        : new OverloadedError(error, requestId)
    }
    case 'PROVIDER_AUTH':
    case 'PROVIDER_RATE_LIMITED':
    case 'PROVIDER_QUOTA':
    case 'PROVIDER_REJECTED':
    case 'PROVIDER_UNAVAILABLE':
    case 'PROVIDER_TIMEOUT':
    case 'PROVIDER_PROTOCOL':
    case 'PROVIDER_NETWORK':
    case 'CIRCUIT_OPEN':
    case 'NO_HEALTHY_PROVIDER':
      return new ProviderFailureError(error, { requestId, attempts })
    case 'CONFLICT': {
      const { currentVersion } = error.details
      return currentVersion === undefined
        ? new RefusedError(error, requestId)
        : new ConflictError(error, { requestId, currentVersion })
    }
    case 'BUDGET_EXCEEDED': {
      const { allowance: refused } = error.details
      return refused
        ? new BudgetExceededError(error, { requestId, refused })
        : new RefusedError(error, requestId)
    }
    case 'QUOTA_EXCEEDED': {
      const { allowance: refused } = error.details
      return refused
        ? new QuotaExceededError(error, { requestId, refused })
        : new RefusedError(error, requestId)
    }
    case 'IDEMPOTENCY_CONFLICT':
    case 'UNPRICED_MODEL':
    case 'MODEL_NOT_FOUND':
    case 'CONTEXT_LENGTH_EXCEEDED':
    case 'CONTENT_BLOCKED':
    case 'CANCELLED':
    case 'INTERNAL':
      return new RefusedError(error, requestId)
  }
}
