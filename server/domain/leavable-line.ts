class Link<Item> {
  readonly item: Item | undefined
  before: Link<Item> = this
  after: Link<Item> = this

  constructor(item?: Item) {
    this.item = item
  }
}

/** Items in the order in which they came. Each may leave at any time, at the same small cost. */
export class LeavableLine<Item> implements Iterable<Item> {
  /** Stands before the first and behind the last. */
  /** Stands before the first and behind the last. */
  readonly #ends = new Link<Item>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Item | undefined {
    return this.#ends.after.item
  }

  get last(): Item | undefined {
    return this.#ends.before.item
  }

  /** @returns Takes the item out again; a second call does nothing. */
  add(item: Item): () => void {
    const ends = this.#ends
    const link = new Link(item)
    link.before = ends.before
    link.after = ends
    ends.before.after = link
    ends.before = link
    this.#size++
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      link.before.after = link.after
      link.after.before = link.before
      this.#size--
    }
  }

  *[Symbol.iterator](): Generator<Item, undefined> {
    for (let { after } = this.#ends; after.item !== undefined; { after } = after) yield after.item
    return undefined
  }
}
