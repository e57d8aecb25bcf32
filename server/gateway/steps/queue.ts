import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock, Slots } from '../ports.ts'

/**
 * Waits for a free slot, and holds it until the answer has ended. A call to the agent takes none: the agent calls
 * back through the gateway, and would wait for its own slot.
 */
export const queue =
  ({ slots, clock }: { slots: Slots; clock: Clock }): Step<Call, Answer> =>
  (next) =>
    async function queued(call) {
      const forAgent = call.targets[0]?.adapter.config.kind === 'AGENT'
      const place = forAgent ? undefined : slots.acquire(call)
      if (!place) return next(call)
      const since = clock.now()
      try {
        call.closers.push(await place)
      } finally {
        call.queuedMs = clock.now() - since
      }
      return next(call)
    }
