import type { RefusedAllowance } from './allowance-refusal.ts'

/** Every way in which a call can end badly. The same words in GraphQL, in rows and, lower-cased, in REST. */
export type ErrorCode =
  | 'INVALID_REQUEST'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'IDEMPOTENCY_CONFLICT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BUDGET_EXCEEDED'
  | 'BUDGET_BUSY'
  | 'QUOTA_EXCEEDED'
  | 'RATE_LIMITED'
  | 'QUEUE_FULL'
  | 'OVERLOADED'
  | 'UNPRICED_MODEL'
  | 'MODEL_NOT_FOUND'
  | 'CONTEXT_LENGTH_EXCEEDED'
  | 'CONTENT_BLOCKED'
  | 'PROVIDER_AUTH'
  | 'PROVIDER_RATE_LIMITED'
  | 'PROVIDER_QUOTA'
  | 'PROVIDER_REJECTED'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_PROTOCOL'
  | 'PROVIDER_NETWORK'
  | 'CIRCUIT_OPEN'
  | 'NO_HEALTHY_PROVIDER'
  | 'CANCELLED'
  | 'CONFIG_INVALID'
  | 'INTERNAL'

/** What a code means for those who must act on it. */
export interface ErrorRule {
  /** HTTP status where no provider's own status is passed on. */
  readonly status: number
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** Whether the failure speaks against the provider. */
  readonly tripsBreaker: boolean
  /** Whether the same target may be asked again in the same call: not where it said no, and not where it took too long. */
  readonly mayRetry: boolean
  /** Whether another target may answer instead. */
  readonly mayFallBack: boolean
  /** OpenAI's `error.type`. */
  readonly type: string
  /** OpenAI's `error.code`, where its clients look for a word of its own. */
  readonly code?: string
}

const rule = (
  status: number,
  type: string,
  {
    retryable = false,
    tripsBreaker = false,
    mayRetry = false,
    mayFallBack = false,
    ...words
  }: Partial<ErrorRule> = {},
): ErrorRule => ({ status, type, retryable, tripsBreaker, mayRetry, mayFallBack, ...words })

/** The one table of errors: retry, breaker, fallback, REST, GraphQL and the CLI only read it. */
export const errorRules: Readonly<Record<ErrorCode, ErrorRule>> = {
  INVALID_REQUEST: rule(400, 'invalid_request_error'),
  NOT_FOUND: rule(404, 'invalid_request_error'),
  CONFLICT: rule(409, 'invalid_request_error'),
  IDEMPOTENCY_CONFLICT: rule(422, 'invalid_request_error'),
  UNAUTHENTICATED: rule(401, 'authentication_error'),
  FORBIDDEN: rule(403, 'permission_error'),
  BUDGET_EXCEEDED: rule(402, 'insufficient_quota', { code: 'insufficient_quota' }),
  BUDGET_BUSY: rule(429, 'rate_limit_error', { retryable: true }),
  QUOTA_EXCEEDED: rule(429, 'rate_limit_error', { retryable: true }),
  RATE_LIMITED: rule(429, 'rate_limit_error', { retryable: true }),
  QUEUE_FULL: rule(503, 'server_error', { retryable: true }),
  OVERLOADED: rule(503, 'server_error', { retryable: true }),
  UNPRICED_MODEL: rule(400, 'invalid_request_error'),
  MODEL_NOT_FOUND: rule(404, 'invalid_request_error'),
  CONTEXT_LENGTH_EXCEEDED: rule(400, 'invalid_request_error'),
  CONTENT_BLOCKED: rule(400, 'invalid_request_error'),
  PROVIDER_AUTH: rule(502, 'authentication_error', { mayFallBack: true }),
  PROVIDER_RATE_LIMITED: rule(429, 'rate_limit_error', { retryable: true, mayFallBack: true }),
  PROVIDER_QUOTA: rule(429, 'insufficient_quota', { mayFallBack: true }),
  PROVIDER_REJECTED: rule(400, 'invalid_request_error'),
  PROVIDER_UNAVAILABLE: rule(503, 'server_error', {
    retryable: true,
    tripsBreaker: true,
    mayRetry: true,
    mayFallBack: true,
  }),
  PROVIDER_TIMEOUT: rule(504, 'server_error', {
    retryable: true,
    tripsBreaker: true,
    mayFallBack: true,
  }),
  PROVIDER_PROTOCOL: rule(502, 'server_error', {
    retryable: true,
    tripsBreaker: true,
    mayRetry: true,
    mayFallBack: true,
  }),
  PROVIDER_NETWORK: rule(502, 'server_error', {
    retryable: true,
    tripsBreaker: true,
    mayRetry: true,
    mayFallBack: true,
  }),
  CIRCUIT_OPEN: rule(503, 'server_error', { retryable: true, mayFallBack: true }),
  NO_HEALTHY_PROVIDER: rule(503, 'server_error', { retryable: true }),
  CANCELLED: rule(499, 'invalid_request_error'),
  CONFIG_INVALID: rule(400, 'invalid_request_error'),
  INTERNAL: rule(500, 'server_error', { retryable: true }),
}

/** Whether a word is one of the table's. */
export function isErrorCode(word: string | undefined): word is ErrorCode {
  return word !== undefined && Object.hasOwn(errorRules, word)
}

/** One fault in a request, with the path of the field. */
export interface FieldIssue {
  readonly path: readonly string[]
  readonly message: string
  readonly line?: number
  readonly column?: number
}

/** What a provider answered instead of an answer, for callers who rely on the provider's own words. */
export interface UpstreamRefusal {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  /** Lower-case names; only those that are passed on (Retry-After, rate limits, request id). */
  readonly headers: Readonly<Record<string, string>>
}

/** A rate limit that refused a call, and how it stands. */
export interface RefusedRate {
  readonly policy: string
  readonly limit: number
  readonly remaining: number
  readonly retryAfterMs: number
  /** Whether it limits calls to one provider, so that another one may answer. */
  readonly ofProvider: boolean
}

export interface GatewayErrorDetails {
  readonly provider?: string
  readonly model?: string
  readonly issues?: readonly FieldIssue[]
  readonly retryAfterMs?: number
  readonly upstream?: UpstreamRefusal
  readonly missingScopes?: readonly string[]
  /** What somebody else has saved, of an optimistic lock. */
  readonly currentVersion?: number
  /** The budget or quota that refused. */
  readonly allowance?: RefusedAllowance
  /** The rate limit that refused. */
  readonly rateLimit?: RefusedRate
  /** v0.7.2's `detail`, where the contract wants an object or certain words. */
  readonly legacyDetail?: string | Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** The request whose stored failure this is, under an idempotency key. */
  readonly replayOf?: string
}

/** An expected failure. Its message is for people: what happened, to which provider and model, and what to do. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly details: GatewayErrorDetails

  constructor(code: ErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    this.details = details
  }

  get rule(): ErrorRule {
    return errorRules[this.code]
  }

  /** A stored failure stays what it is, however often it is asked for. */
  get retryable(): boolean {
    return this.rule.retryable && this.details.replayOf === undefined
  }

  /** Whether nobody expected it, so that its cause is for the log and not for the caller. */
  get unexpected(): boolean {
    return this.code === 'INTERNAL' && this.details.replayOf === undefined
  }

  /** The provider's own status where it refused, else the table's. */
  get status(): number {
    return this.details.upstream?.status ?? this.rule.status
  }
}

/** Turns whatever was thrown into a `GatewayError`; what nobody expected becomes INTERNAL with its cause kept. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError(
    'INTERNAL',
    'The gateway failed unexpectedly; the log has the details under this request id.',
    {
      cause: thrown,
    },
  )
}
