import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver, Clock, Slots } from '../ports.ts'

/**
 * Waits for a free slot, and holds it until the answer has ended. A call to the agent takes none: the agent calls
 * back through the gateway, and would wait for its own slot.
 */
export const queue =
  ({
    slots,
    clock,
    observer,
  }: {
    slots: Slots
    clock: Clock
    observer: CallObserver
  }): Step<Call, Answer> =>
  (next) => {
    const waited = async (call: Call, place: Promise<() => void>): Promise<Answer> => {
      const since = clock.now()
      observer.callQueued?.(call.opening, call.targets[0]?.adapter.config.name ?? '')
      try {
        call.closers.push(await place)
      } finally {
        call.queuedMs += clock.now() - since
      }
      return next(call)
    }
    return function queued(call) {
      const forAgent = call.targets[0]?.adapter.config.kind === 'AGENT'
      const place = forAgent ? undefined : slots.acquire(call)
      return place ? waited(call, place) : next(call)
    }
  }
