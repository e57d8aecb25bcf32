import { asGatewayError } from '#domain/errors.ts'
import { expectedUsage } from '#domain/expected-usage.ts'
import { exclusionError } from '#domain/failed-targets.ts'
import { coolingDown } from '#domain/target-exclusion.ts'
import { readUpstreamLimits } from '#domain/upstream-limits.ts'
import type { Answer, Attempt } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

/**
 * Leaves a target alone that has said that it limits us, until its Retry-After is over, or its own count of what is left
 * allows another call: so it need not refuse.
 */
export const limitProvider =
  (clock: Clock): Step<Attempt, Answer> =>
  (next) =>
    async function withinLimits(attempt) {
      const { opening, state } = attempt
      if (!state.resilience.coolsDown) return next(attempt)
      const { inputTokens, outputTokens } = expectedUsage(opening.hold)
      const tokens = inputTokens + outputTokens
      const restMs = state.coolDown.restMs(clock.now(), tokens)
      if (restMs > 0) {
        const { providerName: provider, model } = state
        throw exclusionError({ provider, model }, coolingDown(restMs))
      }
      state.coolDown.sent(tokens)
      try {
        const answer = await next(attempt)
        told(attempt, { headers: answer.headers, clock })
        return answer
      } catch (thrown) {
        const { upstream } = asGatewayError(thrown).details
        if (upstream) told(attempt, { headers: upstream.headers, clock })
        throw thrown
      }
    }

function told(
  { state }: Attempt,
  { headers, clock }: { headers: Readonly<Record<string, string>>; clock: Clock },
): void {
  const at = clock.epochMs()
  const limits = readUpstreamLimits(headers, at)
  if (!limits) return
  state.coolDown.told(limits, clock.now())
  state.told = { limits, at }
}
