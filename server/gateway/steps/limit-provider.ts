import { expectedUsage } from '#domain/expected-usage.ts'
import { exclusionError } from '#domain/failed-targets.ts'
import { coolingDown } from '#domain/target-exclusion.ts'
import type { Answer, Attempt } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

/**
 * Leaves a target alone that has said that it limits us, until its Retry-After is over, or its own count of what is left
 * allows another call (told-limits.ts): so it need not refuse.
 */
export const limitProvider =
  (clock: Clock): Step<Attempt, Answer> =>
  (next) =>
    function withinLimits(attempt) {
      const { opening, state } = attempt
      if (!state.resilience.coolsDown) return next(attempt)
      const { inputTokens, outputTokens } = expectedUsage(opening.hold)
      const tokens = inputTokens + outputTokens
      const restMs = state.coolDown.restMs(clock.now(), tokens)
      if (restMs > 0) {
        const { providerName: provider, model } = state
        throw exclusionError({ provider, model }, coolingDown(restMs))
      }
      const unsent = state.coolDown.sent(tokens)
      if (!unsent) return next(attempt)
      return next(attempt).catch((thrown: unknown) => {
        if (!attempt.sent) unsent()
        throw thrown
      })
    }
