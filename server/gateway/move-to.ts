import type { Call, Target } from './call.ts'
import type { RateLimits } from './ports.ts'
import { usedTokens } from './records.ts'
import { freeSlot, type SlotTaker, takeSlot } from './take-slot.ts'

export interface Mover extends SlotTaker {
  readonly limits: RateLimits
}

/**
 * Lets a call go on to another target. At another provider it takes what that one's rate limits ask for, and a place
 * there where either has only so many. Undefined: it may go on at once.
 *
 * @throws {GatewayError} As a promise: RATE_LIMITED, or why there is no place.
 */
export function moveTo(
  target: Target,
  { call, limits, ...taker }: Mover & { call: Call },
): Promise<void> | undefined {
  const before = call.targets
  const from = before[0]?.adapter.config
  const to = target.adapter.config
  call.targets = [target]
  if (from?.name === to.name) return undefined
  const taking = limits.takeElsewhere?.(call)
  const place = () => {
    if (from?.maxConcurrency === undefined && to.maxConcurrency === undefined) return undefined
    freeSlot(call)
    return takeSlot(call, taker)
  }
  if (!taking) return place()
  return taking.then(
    (settle) => {
      call.closers.push(() => settle(usedTokens(call, to.name)))
      return place()
    },
    (thrown: unknown) => {
      // Its place is still where it was: whoever is next has to give that back.
      call.targets = before
      throw thrown
    },
  )
}
