/** Holds the newest items, up to a number, and counts those that had to go. */
export class Ring<Item> {
  readonly #capacity: number
  #items: Item[] = []
  /** Where the oldest item stands once the ring is full. */
  #start = 0
  #dropped = 0

  /** @param capacity At least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#items.length
  }

  push(item: Item): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item)
      return
    }
    this.#items[this.#start] = item
    this.#start = (this.#start + 1) % this.#capacity
    this.#dropped++
  }

  /** Empties the ring: its items, oldest first, and how many were dropped since the last time. */
  take(): { items: readonly Item[]; dropped: number } {
    const items =
      this.#start === 0
        ? this.#items
        : [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)]
    const dropped = this.#dropped
    this.#items = []
    this.#start = 0
    this.#dropped = 0
    return { items, dropped }
  }
}
