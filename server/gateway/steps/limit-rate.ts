import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver, RateLimits } from '../ports.ts'
import { usedTokens } from '../records.ts'

/**
 * Holds calls to the rate limits, and gives back what they took and did not use. A limit on one provider sends the call
 * to the next one, where its route has one.
 */
export const limitRate =
  ({ limits, observer }: { limits: RateLimits; observer: CallObserver }): Step<Call, Answer> =>
  (next) => {
    const waits = (call: Call, position: number) => {
      observer.callQueued?.(call.opening, call.targets[0]?.adapter.config.name ?? '')
      call.watcher?.queued?.(position)
    }
    const limited = async (call: Call, taking: NonNullable<ReturnType<RateLimits['take']>>) => {
      try {
        const settle = await taking
        call.closers.push(() => settle(usedTokens(call)))
      } catch (thrown) {
        if (!passesOver(call, asGatewayError(thrown))) throw thrown
        return rateLimited(call)
      }
      return next(call)
    }
    function rateLimited(call: Call): Promise<Answer> {
      const taking = limits.take(call, waits)
      return taking ? limited(call, taking) : next(call)
    }
    return rateLimited
  }

/** Leaves the provider out that may not be sent more; false when it is the only one, or not the reason. */
function passesOver(call: Call, { details, message }: GatewayError): boolean {
  const limited = call.targets[0]?.adapter.config.name
  const others = call.targets.filter(({ adapter }) => adapter.config.name !== limited)
  if (!details.rateLimit?.ofProvider || others.length === 0) return false
  const { retryAfterMs } = details.rateLimit
  const exclusion = { code: 'COOLING_DOWN', reason: message, retryAfterMs } as const
  call.targets = others
  call.plan = call.plan.map((judged) =>
    judged.target.adapter.config.name === limited && !judged.exclusion
      ? { ...judged, exclusion }
      : judged,
  )
  return true
}
