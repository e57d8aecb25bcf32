/** A request as it came over a socket. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** Takes the bytes of one connection apart into requests; bodies tell their length. */
export class RequestReader {
  #held: Buffer = Buffer.alloc(0)

  /** @returns Those that became complete. @throws {SyntaxError} Where a body is not JSON. */
  push(bytes: Buffer): readonly RawRequest[] {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const requests: RawRequest[] = []
    for (let next = this.#take(); next; next = this.#take()) requests.push(next)
    return requests
  }

  #take(): RawRequest | undefined {
    const headEnd = this.#held.indexOf('\r\n\r\n')
    if (headEnd === -1) return undefined
    const [first = '', ...lines] = this.#held.toString('latin1', 0, headEnd).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    )
    const end = headEnd + 4 + Number(headers['content-length'] ?? 0)
    if (this.#held.length < end) return undefined
    const text = this.#held.toString('utf8', headEnd + 4, end)
    this.#held = this.#held.subarray(end)
    const [method = '', path = ''] = first.split(' ')
    return { method, path, headers, body: text === '' ? {} : JSON.parse(text) }
  }
}
