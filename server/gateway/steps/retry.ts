import { backoffMs } from '#domain/backoff.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import { mayRetry } from '#domain/retry-rule.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Attempt } from '../call.ts'
import { pause } from '../pause.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

interface Retrier {
  readonly attempts: Attempts
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly chance: () => number
}

/**
 * Asks the same target again where its failure may pass: a few times, after a random wait that grows, and never so often
 * that retries become a burden (RetryBudget). Each try is an attempt of its own.
 */
export const retry =
  ({ attempts, clock, chance }: Retrier): Step<Attempt, Answer> =>
  (next) =>
    async function retried(first) {
      // As it was before budgets limited it: what is continued is continued again.
      const { call, request, state, target } = first
      state.retryBudget.called(clock.now())
      let attempt = first
      for (let retries = 0; ; retries++) {
        try {
          return await next(attempt)
        } catch (thrown) {
          const error = asGatewayError(thrown)
          attempts.end(attempt, error)
          if (!asksAgain(attempt, { error, retries, now: clock.now() })) throw error
          const { retryAfterMs } = error.details
          const policy = state.resilience.retries
          const ms = backoffMs(retries, { chance: chance(), retryAfterMs, policy })
          const since = clock.now()
          await pause(ms, { clock, cancellation: call.cancellation })
          call.pausedMs += clock.now() - since
          attempt = attempts.open(call, target, request)
        }
      }
    }

function asksAgain(
  { call, state }: Attempt,
  { error, retries, now }: { error: GatewayError; retries: number; now: number },
): boolean {
  const { code, details } = error
  const isTooLate = call.cancellation.reason !== undefined
  const failed = { code, retryAfterMs: details.retryAfterMs, retries, isTooLate }
  return mayRetry(failed, state.resilience.retries) && state.retryBudget.take(now)
}
