/** The bytes of one read without those that were cut out; a copy only where something was. */
export class KeptBytes {
  readonly #bytes: Uint8Array
  readonly #pieces: Uint8Array[] = []
  #from = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  cut({ start, end }: { start: number; end: number }): void {
    if (start > this.#from) this.#pieces.push(this.#bytes.subarray(this.#from, start))
    this.#from = end
  }

  upTo(end: number): Uint8Array {
    const last = this.#bytes.subarray(this.#from, end)
    return this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last])
  }
}
