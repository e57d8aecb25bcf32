import { PriorityLine } from '#domain/priority-line.ts'
import { Turns } from '#domain/queue-order.ts'
import type { WaitingCall } from './waiting-call.ts'

/** The calls under one provider's limit; those of all providers without one share a lane that is never full. */
export class SlotLane {
  /** Undefined: the lane that has no limit of its own. */
  readonly providerName: string | undefined
  /** Infinity is no limit. */
  max: number
  taken = 0
  readonly waiting = new PriorityLine<WaitingCall>()
  readonly turns = new Turns()
  /** Gives one place back. */
  readonly release: () => void

  constructor({
    providerName,
    max = Infinity,
    released,
  }: {
    providerName?: string
    max?: number
    released: () => void
  }) {
    this.providerName = providerName
    this.max = max
    this.release = () => {
      this.taken--
      released()
    }
  }

  get isFull(): boolean {
    return this.taken >= this.max
  }
}
