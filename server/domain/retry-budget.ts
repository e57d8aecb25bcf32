import { SlidingCount } from './sliding-count.ts'

export interface RetryBudgetPolicy {
  /** Retries for each call. @default 0.2 */
  readonly ratio: number
  /** So many retries there are in a window, however few calls. @default 3 */
  readonly least: number
  /** @default 10000 */
  readonly windowMs: number
}

export const defaultRetryBudget: RetryBudgetPolicy = { ratio: 0.2, least: 3, windowMs: 10_000 }

/**
 * Keeps retries a small part of what a target is sent, so that its failure is not made worse by those who hope: in any
 * window at most `ratio` of the calls, or `least` where calls are few (after Finagle's RetryBudget and Envoy's
 * `retry_budget`). One for each target. Time is monotonic milliseconds.
 */
export class RetryBudget {
  readonly #policy: RetryBudgetPolicy
  readonly #calls: SlidingCount
  readonly #retries: SlidingCount

  constructor(policy: RetryBudgetPolicy = defaultRetryBudget) {
    this.#policy = policy
    this.#calls = new SlidingCount(policy.windowMs)
    this.#retries = new SlidingCount(policy.windowMs)
  }

  /** Counts a call's first try. */
  called(now: number): void {
    this.#calls.add(now)
  }

  /** @returns Whether there was a retry left; it is taken. */
  take(now: number): boolean {
    const { ratio, least } = this.#policy
    const most = Math.max(least, ratio * this.#calls.sum(now))
    if (this.#retries.sum(now) + 1 > most) return false
    this.#retries.add(now)
    return true
  }
}
