import type { Chunk } from '#domain/chat.ts'
import type { Attempt } from './call.ts'

/**
 * Chunks that were held back, and then what follows them. What is held is counted in `producedBytes` of its attempt, and
 * what is handed out no more: its reader counts it. A plain iterator: it stands in the path of every chunk.
 */
export class HeldChunks implements AsyncIterableIterator<Chunk> {
  readonly #held: readonly Chunk[]
  readonly #source: AsyncIterator<Chunk>
  readonly #attempt: Attempt
  #at = 0

  constructor(
    held: readonly Chunk[],
    { source, attempt }: { source: AsyncIterator<Chunk>; attempt: Attempt },
  ) {
    this.#held = held
    this.#source = source
    this.#attempt = attempt
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Chunk>> {
    const value = this.#held[this.#at]
    if (!value) return this.#source.next()
    this.#at++
    this.#attempt.producedBytes -= value.producedBytes
    return Promise.resolve({ done: false, value })
  }

  /** Abandons the answer. */
  return(): Promise<IteratorResult<Chunk>> {
    this.#at = this.#held.length
    return this.#source.return?.() ?? Promise.resolve({ done: true, value: undefined })
  }
}
