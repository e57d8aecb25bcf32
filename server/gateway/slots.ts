import { GatewayError } from '#domain/errors.ts'
import type { Call } from './call.ts'
import type { Slots } from './ports.ts'

/** Places in this process, and how they are used now. */
export interface SlotQueue extends Slots {
  /** Undefined is no limit. */
  readonly max: number | undefined
  readonly taken: number
  readonly waiting: number
}

/**
 * Lets at most `max` calls run at once; the others wait first come, first served.
 *
 * @param max 0 or less is no limit.
 * @param maxWaiting How many may wait; one more is refused with QUEUE_FULL.
 */
export function createSlotQueue(max: number, { maxWaiting = 10_000 } = {}): SlotQueue {
  const waiting = new Set<() => void>()
  let taken = 0

  const release = () => {
    const [first] = waiting
    if (first) first()
    else taken--
  }

  const wait = (call: Call) =>
    new Promise<() => void>((resolve, reject) => {
      const forget = call.cancellation.onCancel((reason) => {
        waiting.delete(enter)
        reject(reason)
      })
      const enter = () => {
        waiting.delete(enter)
        forget()
        resolve(release)
      }
      if (!call.cancellation.reason) waiting.add(enter)
    })

  return {
    max: max > 0 ? max : undefined,
    get taken() {
      return taken
    },
    get waiting() {
      return waiting.size
    },
    acquire(call) {
      if (max <= 0) {
        taken++
        call.closers.push(() => taken--)
        return undefined
      }
      if (taken < max) {
        taken++
        call.closers.push(release)
        return undefined
      }
      if (waiting.size >= maxWaiting) {
        throw new GatewayError(
          'QUEUE_FULL',
          `${waiting.size} calls are waiting already; try again later.`,
          {
            retryAfterMs: 1000,
          },
        )
      }
      return wait(call)
    },
  }
}
