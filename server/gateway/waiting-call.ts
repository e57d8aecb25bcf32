import type { GatewayError } from '#domain/errors.ts'
import type { Queued } from '#domain/queue-order.ts'
import type { Priority } from '#domain/request-record.ts'
import type { Call } from './call.ts'
import type { SlotLane } from './slot-lane.ts'

/** A call that waits for a slot. It leaves the queue when it has one, is refused, or is cancelled. */
export class WaitingCall implements Queued {
  readonly priority: Priority
  readonly arrival: number
  readonly since: number
  readonly lane: SlotLane
  /** Resolves with what gives the slot back; rejects with the refusal, or with the reason of the cancellation. */
  readonly slot: Promise<() => void>
  readonly #call: Call
  readonly #leave: () => void
  readonly #settle = Promise.withResolvers<() => void>()
  #told = Infinity

  /**
   * @param call Not cancelled.
   * @param left Told when it has left, however it did.
   */
  constructor(
    call: Call,
    {
      lane,
      arrival,
      since,
      left,
    }: { lane: SlotLane; arrival: number; since: number; left: () => void },
  ) {
    this.#call = call
    this.priority = call.priority
    this.arrival = arrival
    this.since = since
    this.lane = lane
    this.slot = this.#settle.promise
    const leaveLane = lane.waiting.add(this)
    const forget = call.cancellation.onCancel((reason) => this.refuse(reason))
    this.#leave = () => {
      leaveLane()
      forget()
      left()
    }
  }

  /** Tells whoever watches how many go before it, unless they know already that it is so few. */
  tell(position: number): void {
    if (position >= this.#told) return
    this.#told = position
    this.#call.watcher?.queued?.(position)
  }

  /** The place has been taken for it. */
  admit(): void {
    this.#leave()
    this.#settle.resolve(this.lane.release)
  }

  refuse(error: GatewayError): void {
    this.#leave()
    this.#settle.reject(error)
  }
}
