import { defaultRetries, type RetryPolicy } from './backoff.ts'
import { type BreakerPolicy, defaultBreaker } from './breaker.ts'
import { defaultRetryBudget, type RetryBudgetPolicy } from './retry-budget.ts'
import { defaultDisabling, type DisablingPolicy } from './target-health.ts'

/** How the gateway takes the failures of a target. Each part can be set for a provider, and for a target of a route. */
export interface Resilience {
  readonly retries: RetryPolicy
  readonly retryBudget: RetryBudgetPolicy
  /** Null: it has no circuit. */
  readonly breaker: BreakerPolicy | null
  /** Null: it is never disabled by itself. */
  readonly disabling: DisablingPolicy | null
  /** Whether it rests after a refusal for its limits, and before one that its own headers foretell. */
  readonly coolsDown: boolean
}

/** The new defaults. */
export const defaultResilience: Resilience = {
  retries: defaultRetries,
  retryBudget: defaultRetryBudget,
  breaker: defaultBreaker,
  disabling: defaultDisabling,
  coolsDown: true,
}

/** v0.7.2 passes every failure on, and asks again whenever it is asked. */
export const noResilience: Resilience = {
  retries: { ...defaultRetries, maxRetries: 0 },
  retryBudget: defaultRetryBudget,
  breaker: null,
  disabling: null,
  coolsDown: false,
}
