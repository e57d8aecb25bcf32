/**
 * Counts what happened lately, in slots: everything younger than `windowMs` less one slot, and nothing older than
 * `windowMs`. Time is an argument, in monotonic milliseconds; where it stands still or goes back, the newest slot counts.
 */
export class SlidingCount {
  readonly #slotMs: number
  readonly #slots: number[]
  #newest = -Infinity
  #sum = 0

  /** @param windowMs At least as many milliseconds as there are slots. */
  constructor(windowMs: number, slots = 10) {
    this.#slotMs = windowMs / slots
    this.#slots = Array.from({ length: slots }, () => 0)
  }

  add(now: number, amount = 1): void {
    this.#advance(now)
    const index = this.#indexOf(this.#newest)
    this.#slots[index] = (this.#slots[index] ?? 0) + amount
    this.#sum += amount
  }

  sum(now: number): number {
    this.#advance(now)
    return this.#sum
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot <= this.#newest) return
    const oldest = Math.max(this.#newest + 1, slot - this.#slots.length + 1)
    for (let each = oldest; each <= slot; each++) {
      const index = this.#indexOf(each)
      this.#sum -= this.#slots[index] ?? 0
      this.#slots[index] = 0
    }
    this.#newest = slot
  }

  #indexOf(slot: number): number {
    const { length } = this.#slots
    return ((slot % length) + length) % length
  }
}
