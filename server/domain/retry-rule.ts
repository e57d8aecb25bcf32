import { clampedRetryAfter, defaultRetries, type RetryPolicy } from './backoff.ts'
import { type ErrorCode, errorRules } from './errors.ts'

/** A try that failed, and how the call stands. */
export interface FailedTry {
  readonly code: ErrorCode
  /** As the provider asked; undefined where it did not. */
  readonly retryAfterMs?: number | undefined
  /** How often this call has asked this target again; 0 after the first try. */
  readonly retries: number
  /**
   * Whether it is too late to begin anew: the caller has seen a byte of the answer (then the rules of stream-recovery.ts
   * apply) or has gone.
   */
  readonly isTooLate: boolean
}

/**
 * Whether the same target is asked again after that failure. The retry budget is asked after this, because asking it
 * takes from it. A target that wants to be left alone for longer than the longest back-off is left to the next one.
 */
export function mayRetry(failed: FailedTry, policy: RetryPolicy = defaultRetries): boolean {
  if (failed.isTooLate || failed.retries >= policy.maxRetries) return false
  if ((clampedRetryAfter(failed.retryAfterMs) ?? 0) > policy.capMs) return false
  return errorRules[failed.code].mayRetry
}

/**
 * Whether the next target is asked after that failure.
 *
 * @param alsoOn Codes for which the route names a way out that the table does not: CONTEXT_LENGTH_EXCEEDED where it names
 *   a larger model, CONTENT_BLOCKED where it is told to.
 */
export function mayFallBack(
  { code, isTooLate }: Pick<FailedTry, 'code' | 'isTooLate'>,
  alsoOn: ReadonlySet<ErrorCode> = nothingMore,
): boolean {
  return !isTooLate && (errorRules[code].mayFallBack || alsoOn.has(code))
}

const nothingMore: ReadonlySet<ErrorCode> = new Set()
