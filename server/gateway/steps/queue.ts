import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import { freeSlot, type SlotTaker, takeSlot } from '../take-slot.ts'

/** Waits for a free slot, and holds it until the answer has ended. */
export const queue =
  (taker: SlotTaker): Step<Call, Answer> =>
  (next) => {
    const waited = async (call: Call, place: Promise<void>): Promise<Answer> => {
      await place
      return next(call)
    }
    return function queued(call) {
      call.closers.push(() => freeSlot(call))
      const place = takeSlot(call, taker)
      return place ? waited(call, place) : next(call)
    }
  }
