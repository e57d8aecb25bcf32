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

  /** Takes what waits, in one piece of about `most` bytes: many small pieces become few for whoever is slow. */
  shift(most = 65_536): Buffer | undefined {
    let size = this.#pieces[0]?.length ?? 0
    let count = Math.min(1, this.#pieces.length)
    for (; count < this.#pieces.length; count++) {
      const next = this.#pieces[count]?.length ?? 0
      if (size + next > most) break
      size += next
    }
    const [first, ...more] = this.#pieces.splice(0, count)
    this.#size -= size
    return first && more.length > 0 ? Buffer.concat([first, ...more], size) : first
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
