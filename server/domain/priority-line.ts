import { LeavableLine } from './leavable-line.ts'
import { byArrival, foremost, priorities, type Queued } from './queue-order.ts'
import type { Priority } from './request-record.ts'

/** Calls that wait, by priority, and first come, first served within one. */
export class PriorityLine<Call extends Queued> implements Iterable<Call> {
  readonly #lines = new Map<Priority, LeavableLine<Call>>(
    priorities.map((priority) => [priority, new LeavableLine()]),
  )
  readonly #inOrder = [...this.#lines.values()]

  get size(): number {
    return this.#inOrder.reduce((sum, line) => sum + line.size, 0)
  }

  /** The most urgent one. */
  get first(): Call | undefined {
    return this.#inOrder.find((line) => line.size > 0)?.first
  }

  /** The latest one of the least urgent. */
  get last(): Call | undefined {
    return this.#inOrder.findLast((line) => line.size > 0)?.last
  }

  /** The one that has waited longest. */
  get oldest(): Call | undefined {
    return foremost(
      this.#inOrder.flatMap(({ first }) => first ?? []),
      byArrival,
    )
  }

  /** How many go before one that comes now. */
  before(priority: Priority): number {
    const least = priorities.indexOf(priority)
    return this.#inOrder.reduce((sum, line, index) => (index <= least ? sum + line.size : sum), 0)
  }

  /** @returns Takes the call out again. */
  add(call: Call): () => void {
    const line = this.#lines.get(call.priority)
    if (!line) throw new TypeError(`${call.priority} is no priority`)
    return line.add(call)
  }

  /** By priority, then by arrival. */
  *[Symbol.iterator](): Generator<Call, undefined> {
    for (const line of this.#inOrder) yield* line
    return undefined
  }
}
