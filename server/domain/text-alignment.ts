/** What a piece of the second answer means for the reader: text that is new to them (perhaps none), or another answer. */
export type Aligned =
  | { readonly state: 'ALIGNED'; readonly text: string }
  | {
      readonly state: 'DIVERGED'
      /** Where the two answers differ first, in UTF-16 units. */
      readonly at: number
    }

/**
 * Lays a second answer over the text that its reader has of the first: swallows what equals it and gives the rest. So
 * the reader has every text once, however the two are cut; a difference is told at once, and from then on nothing else.
 */
export class TextAlignment {
  readonly #sent: string
  #matched = 0
  #divergedAt: number | undefined

  /** @param sent What the reader has. */
  constructor(sent: string) {
    this.#sent = sent
  }

  /** Whether all that the reader has was found again: an answer that ends before is another one. */
  get isCaughtUp(): boolean {
    return this.#matched === this.#sent.length
  }

  /** @param piece What the second answer goes on with. */
  take(piece: string): Aligned {
    if (this.#divergedAt !== undefined) return { state: 'DIVERGED', at: this.#divergedAt }
    const expected = this.#sent.slice(this.#matched, this.#matched + piece.length)
    if (piece.startsWith(expected)) {
      this.#matched += expected.length
      return { state: 'ALIGNED', text: piece.slice(expected.length) }
    }
    let same = 0
    while (piece[same] === expected[same]) same++
    this.#divergedAt = this.#matched + same
    return { state: 'DIVERGED', at: this.#divergedAt }
  }
}
