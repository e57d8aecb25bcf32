import { addHistogram, bucketOf, type Histogram } from './histogram.ts'
import type { Ticks } from './money.ts'

/** What is counted of calls that have ended. */
export interface Tally {
  readonly requests: number
  readonly errors: number
  readonly tokens: number
  /** In ticks; calls without a price add nothing. */
  readonly cost: Ticks
  /** Latencies in milliseconds. */
  readonly latency: Histogram
}

/** One more call, or part of one. */
export interface Counted {
  readonly requests?: number
  readonly errors?: number
  readonly tokens?: number
  readonly cost?: Ticks
  readonly latencyMs?: number | null
}

interface Slot {
  requests: number
  errors: number
  tokens: number
  cost: Ticks
  readonly latency: Map<number, number>
}

const emptySlot = (): Slot => ({ requests: 0, errors: 0, tokens: 0, cost: 0n, latency: new Map() })

/**
 * Sums over the newest slots of time: the current one and those before it. How long a slot is, is up to whoever
 * calls `advance`. Reading costs nothing: what enters is added to the sum, and what leaves is taken out of it.
 */
export class RateWindow {
  readonly #slots: Slot[]
  readonly #total = emptySlot()
  #current = 0

  /** @param slots How many slots are summed, the current one included; at least 2. */
  constructor(slots: number) {
    this.#slots = Array.from({ length: slots }, emptySlot)
  }

  add(counted: Counted): void {
    const { latencyMs = null } = counted
    const bucket = latencyMs === null ? undefined : bucketOf(latencyMs)
    const slot = this.#slots[this.#current]
    if (slot) count(slot, counted, bucket)
    count(this.#total, counted, bucket)
  }

  /** Ends the current slot and begins the next; the oldest one leaves. */
  advance(): void {
    this.#current = (this.#current + 1) % this.#slots.length
    const leaving = this.#slots[this.#current]
    if (leaving) subtract(this.#total, leaving)
    this.#slots[this.#current] = emptySlot()
  }

  /** The last slot that is complete. */
  get last(): Tally {
    return this.#slots.at(this.#current - 1) ?? emptySlot()
  }

  /** All slots together. */
  get total(): Tally {
    return this.#total
  }
}

/** @param bucket Of the latency, if there is one. */
function count(
  slot: Slot,
  { requests = 0, errors = 0, tokens = 0, cost }: Counted,
  bucket: number | undefined,
): void {
  slot.requests += requests
  slot.errors += errors
  slot.tokens += tokens
  if (cost) slot.cost += cost
  if (bucket !== undefined) slot.latency.set(bucket, (slot.latency.get(bucket) ?? 0) + 1)
}

function subtract(total: Slot, part: Slot): void {
  total.requests -= part.requests
  total.errors -= part.errors
  total.tokens -= part.tokens
  total.cost -= part.cost
  addHistogram(total.latency, new Map([...part.latency].map(([bucket, size]) => [bucket, -size])))
  for (const [bucket, size] of total.latency) if (size <= 0) total.latency.delete(bucket)
}
