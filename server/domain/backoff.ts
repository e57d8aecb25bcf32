/** How often and how long a call waits before it asks the same target again. Durations in milliseconds. */
export interface RetryPolicy {
  /** Retries of one target in one call, after the first try. @default 2 */
  readonly maxRetries: number
  /** The most to wait before the first retry; it doubles with each. @default 250 */
  readonly baseMs: number
  /** The most to wait before any retry. @default 8000 */
  readonly capMs: number
}

export const defaultRetries: RetryPolicy = { maxRetries: 2, baseMs: 250, capMs: 8_000 }

/** A provider that asks for more is asked again all the same. */
export const longestRetryAfterMs = 60_000

/**
 * What a provider's wish to be left alone counts for.
 *
 * @param ms As it was sent; anything.
 * @returns 1 to 60,000 ms; undefined where nothing was wished that can be obeyed (nothing, the past, no number).
 */
export function clampedRetryAfter(ms: number | undefined): number | undefined {
  if (ms === undefined || !(ms > 0)) return undefined
  return Math.ceil(Math.min(ms, longestRetryAfterMs))
}

/**
 * How long to wait before a retry, in milliseconds: by full jitter (Brooker, "Exponential Backoff And Jitter", AWS
 * 2015), anything from nothing up to `baseMs` doubled with each retry. A Retry-After comes before that, so that nobody
 * comes early and those who were told the same do not come together.
 *
 * @param retry From 0.
 */
export function backoffMs(
  retry: number,
  {
    chance,
    retryAfterMs,
    policy = defaultRetries,
  }: {
    /** From 0 up to 1. */
    chance: number
    retryAfterMs?: number | undefined
    policy?: RetryPolicy
  },
): number {
  const most = Math.min(policy.capMs, policy.baseMs * 2 ** retry)
  return (clampedRetryAfter(retryAfterMs) ?? 0) + chance * most
}
