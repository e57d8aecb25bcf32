const lf = 0x0a

/** Takes a stream of JSON lines apart, however the network sliced it. Empty lines are passed over. */
export class Lines {
  readonly #maxBytes: number
  #held: Buffer[] = []
  #heldBytes = 0

  /** @param maxBytes The most that one line may take. */
  constructor({ maxBytes = 10 * 1024 * 1024 } = {}) {
    this.#maxBytes = maxBytes
  }

  /**
   * The lines that became complete.
   *
   * @throws {RangeError} If a line is larger than allowed.
   */
  push(bytes: Uint8Array): readonly string[] {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const lines: string[] = []
    let start = 0
    for (let end = buffer.indexOf(lf); end >= 0; end = buffer.indexOf(lf, start)) {
      this.#hold(buffer.subarray(start, end))
      this.#take(lines)
      start = end + 1
    }
    if (start < buffer.length) this.#hold(buffer.subarray(start))
    return lines
  }

  /** A last line without its end. */
  finish(): readonly string[] {
    const lines: string[] = []
    this.#take(lines)
    return lines
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length
    if (this.#heldBytes > this.#maxBytes)
      throw new RangeError(`a line of more than ${this.#maxBytes} bytes`)
    if (part.length > 0) this.#held.push(part)
  }

  #take(lines: string[]): void {
    const line = Buffer.concat(this.#held).toString().trim()
    this.#held = []
    this.#heldBytes = 0
    if (line !== '') lines.push(line)
  }
}
