import { SlidingCount } from './sliding-count.ts'

/** When failures are too many. */
export interface TripPolicy {
  /** So many failures in a row. @default 5 */
  readonly inARow: number
  /** Such a part of all calls in the window, from 0 to 1. @default 0.5 */
  readonly ratio: number
  /** Fewer calls than that in the window tell nothing by their ratio. @default 20 */
  readonly leastCalls: number
  /** @default 10000 */
  readonly windowMs: number
}

export const defaultTrip: TripPolicy = {
  inARow: 5,
  ratio: 0.5,
  leastCalls: 20,
  windowMs: 10_000,
}

/** Counts how calls end, and says when failures are too many: what a circuit knows while it is closed. */
export class TripMeter {
  readonly #policy: TripPolicy
  readonly #calls: SlidingCount
  readonly #failures: SlidingCount
  #inARow = 0

  constructor(policy: TripPolicy = defaultTrip) {
    this.#policy = policy
    this.#calls = new SlidingCount(policy.windowMs)
    this.#failures = new SlidingCount(policy.windowMs)
  }

  /** @param now Monotonic milliseconds. */
  succeeded(now: number): void {
    this.#inARow = 0
    this.#calls.add(now)
  }

  /** @returns Whether that failure was one too many. */
  failed(now: number): boolean {
    const { inARow, ratio, leastCalls } = this.#policy
    this.#inARow++
    this.#calls.add(now)
    this.#failures.add(now)
    if (this.#inARow >= inARow) return true
    const calls = this.#calls.sum(now)
    return calls >= leastCalls && this.#failures.sum(now) >= ratio * calls
  }
}
