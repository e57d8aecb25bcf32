import { GatewayError } from '#domain/errors.ts'
import { isTaken, overload, type Load, type SheddingPolicy } from '#domain/load-shedding.ts'
import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver } from '../ports.ts'

const retryAfterMs = 2000

/**
 * Refuses new calls while the process has more to do than it can, the lowest priority first, before they have cost
 * anything: what was taken is finished.
 *
 * @param load Undefined: the process is never too busy.
 */
export const shedLoad =
  ({
    load,
    shedding,
    observer,
  }: {
    load?: (() => Load) | undefined
    shedding?: SheddingPolicy | undefined
    observer: CallObserver
  }): Step<Call, Answer> =>
  (next) => {
    if (!load) return next
    return function spared(call) {
      const { opening, priority } = call
      const now = load()
      if (isTaken(priority, now, shedding)) return next(call)
      observer.callShed?.(opening)
      throw new GatewayError(
        'OVERLOADED',
        `This gateway is overloaded (${overload(priority, now, shedding)}), so it takes no new calls of priority ${priority} just now; try again in ${retryAfterMs / 1000} s.`,
        { retryAfterMs },
      )
    }
  }
