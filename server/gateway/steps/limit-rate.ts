import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver, RateLimits } from '../ports.ts'
import { usageOf } from '../records.ts'

/** Holds calls to the rate limits, and gives back what they took and did not use. */
export const limitRate =
  ({ limits, observer }: { limits: RateLimits; observer: CallObserver }): Step<Call, Answer> =>
  (next) => {
    const waits = (call: Call, position: number) => {
      observer.callQueued?.(call.opening, call.targets[0]?.adapter.config.name ?? '')
      call.watcher?.queued?.(position)
    }
    const limited = async (call: Call, taking: NonNullable<ReturnType<RateLimits['take']>>) => {
      const settle = await taking
      call.closers.push(() => settle(usedTokens(call)))
      return next(call)
    }
    return function rateLimited(call) {
      const taking = limits.take(call, waits)
      return taking ? limited(call, taking) : next(call)
    }
  }

/** What all attempts that may be billed used, by the providers' word or by our own count. */
function usedTokens({ attempts }: Call): number {
  return attempts.reduce((sum, attempt) => {
    const usage = usageOf(attempt)
    return usage ? sum + usage.inputTokens + usage.outputTokens : sum
  }, 0)
}
