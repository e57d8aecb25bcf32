/** How long what was measured counts: after that time it weighs 1/e (some 37 %). */
const defaultDecayMs = 10_000

/**
 * How slow a target is: a moving average of its latencies that jumps to every peak at once and comes down only in time
 * (Peak EWMA, after Finagle's `PeakEwma`). So a target that has become slow is left at its first slow answer, and one that
 * is left alone is forgiven, and tried again. Times are monotonic milliseconds.
 */
export class PeakEwma {
  readonly #decayMs: number
  #value: number | null = null
  #at = 0

  /** @param decayMs The mean lifetime of a measurement. */
  constructor(decayMs: number = defaultDecayMs) {
    this.#decayMs = decayMs
  }

  /** @param latencyMs 0 or more; of a failure, how long it was waited for. */
  observe(latencyMs: number, now: number): void {
    const known = this.#value
    if (known === null || latencyMs >= known) this.#value = latencyMs
    else {
      const weight = this.#weight(now)
      this.#value = known * weight + latencyMs * (1 - weight)
    }
    this.#at = now
  }

  /** The latency to expect, in milliseconds: the average, decayed by how long ago it was measured; null before that. */
  read(now: number): number | null {
    return this.#value === null ? null : this.#value * this.#weight(now)
  }

  #weight(now: number): number {
    return Math.exp(-Math.max(0, now - this.#at) / this.#decayMs)
  }
}
