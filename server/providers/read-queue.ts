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

  /** Takes at most `most` bytes: many small pieces that wait become one for whoever is slow, large ones become several. */
  shift(most = 16_384): Buffer | undefined {
    const taken: Buffer[] = []
    let room = most
    while (room > 0) {
      const next = this.#pieces[0]
      if (!next) break
      if (next.length > room) {
        this.#pieces[0] = next.subarray(room)
        taken.push(next.subarray(0, room))
        room = 0
      } else {
        this.#pieces.shift()
        taken.push(next)
        room -= next.length
      }
    }
    const size = most - room
    this.#size -= size
    return taken.length > 1 ? Buffer.concat(taken, size) : taken[0]
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
