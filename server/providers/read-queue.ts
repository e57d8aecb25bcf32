/** Pieces of a body that nobody has read yet, in order. */
export class ReadQueue {
  #pieces: Buffer[] = []
  #size = 0

  /** Bytes that wait. */
  get size(): number {
    return this.#size
  }

  push(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#size += bytes.length
  }

  shift(): Buffer | undefined {
    const first = this.#pieces.shift()
    if (first) this.#size -= first.length
    return first
  }

  /** Takes all that waits, as one; a copy only where there are several. */
  takeAll(): Buffer {
    const [first = Buffer.alloc(0), ...more] = this.#pieces
    const all = more.length === 0 ? first : Buffer.concat(this.#pieces, this.#size)
    this.clear()
    return all
  }

  clear(): void {
    this.#pieces = []
    this.#size = 0
  }
}
