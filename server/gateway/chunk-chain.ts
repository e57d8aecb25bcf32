import type { Chunk } from '#domain/chat.ts'

/** What a chunk takes beside its bytes and its text. */
const chunkBytes = 64

/** A chunk and what follows it; without a chunk, the place where the next one comes. */
export interface ChunkLink {
  chunk?: Chunk
  next?: ChunkLink
}

/**
 * The chunks of an answer as they come, from the first one on, for any number of readers, each of whom holds the link
 * that it reads next. Beyond the bound the beginning is let go: what all readers have passed is then garbage.
 */
export class ChunkChain {
  readonly #maxBytes: number
  #first: ChunkLink | undefined = {}
  #last: ChunkLink = this.#first as ChunkLink
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** About what it takes in memory while it is whole. */
  get bytes(): number {
    return this.#bytes
  }

  /** Where a reader begins; undefined when the beginning was let go. */
  get first(): ChunkLink | undefined {
    return this.#first
  }

  /** Where the next chunk comes. */
  get last(): ChunkLink {
    return this.#last
  }

  append(chunk: Chunk): void {
    this.#bytes += bytesOf(chunk)
    if (this.#bytes > this.#maxBytes) this.#first = undefined
    const next: ChunkLink = {}
    this.#last.chunk = chunk
    this.#last.next = next
    this.#last = next
  }

  /** All chunks, and perhaps one more; undefined when that is more than the bound. */
  with(last: Chunk | undefined): readonly Chunk[] | undefined {
    if (!this.#first || this.#bytes + (last ? bytesOf(last) : 0) > this.#maxBytes) return undefined
    const chunks: Chunk[] = []
    for (let link = this.#first; link.chunk && link.next; link = link.next) chunks.push(link.chunk)
    if (last) chunks.push(last)
    return chunks
  }
}

const bytesOf = ({ producedBytes, raw }: Chunk): number =>
  chunkBytes + producedBytes + (raw?.length ?? 0)
