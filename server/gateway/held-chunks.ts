import type { Chunk } from '#domain/chat.ts'

/** Chunks that were held back, and then what follows them. A plain iterator: it stands in the path of every chunk. */
export class HeldChunks implements AsyncIterableIterator<Chunk> {
  readonly #held: readonly Chunk[]
  readonly #source: AsyncIterator<Chunk>
  #at = 0

  constructor(held: readonly Chunk[], source: AsyncIterator<Chunk>) {
    this.#held = held
    this.#source = source
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Chunk>> {
    const value = this.#held[this.#at]
    if (!value) return this.#source.next()
    this.#at++
    return Promise.resolve({ done: false, value })
  }

  /** Abandons the answer. */
  return(): Promise<IteratorResult<Chunk>> {
    this.#at = this.#held.length
    return this.#source.return?.() ?? Promise.resolve({ done: true, value: undefined })
  }
}
