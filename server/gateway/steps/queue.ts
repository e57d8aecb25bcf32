import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock, Slots } from '../ports.ts'

/** Waits for a free slot, and holds it until the answer has ended. */
export const queue =
  ({ slots, clock }: { slots: Slots; clock: Clock }): Step<Call, Answer> =>
  (next) =>
    async function queued(call) {
      const place = slots.acquire(call)
      if (!place) return next(call)
      const since = clock.now()
      try {
        call.closers.push(await place)
      } finally {
        call.queuedMs = clock.now() - since
      }
      return next(call)
    }
