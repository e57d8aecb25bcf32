import type { Socket } from 'node:net'
import { type PlannedAnswer, plannedAnswer } from './double-answer.ts'
import type { BillEntry } from './double-bill.ts'

/** How the length of a body is told: by chunks, by a number (true or not), or by the end of the connection. */
export type Framing = 'CHUNKED' | 'UNTIL_CLOSE' | { readonly length: number }

/** What the double does with one request. It resolves when it has nothing more to do; what it throws ends the connection. */
export type Behaviour = (exchange: Exchange) => Promise<void> | void

/** One request at the double, and all that can be done to its connection. */
export class Exchange {
  readonly entry: BillEntry
  readonly #socket: Socket
  readonly #provider: string
  readonly #takesPrefix: boolean
  readonly #left = Promise.withResolvers<void>()
  #framing: Framing = 'CHUNKED'

  constructor(
    socket: Socket,
    { entry, provider, takesPrefix }: { entry: BillEntry; provider: string; takesPrefix: boolean },
  ) {
    this.entry = entry
    this.#socket = socket
    this.#provider = provider
    this.#takesPrefix = takesPrefix
    socket.once('close', this.#leave)
  }

  get isStreamed(): boolean {
    return this.entry.body['stream'] === true
  }

  /** Resolves when the other side has closed the connection. */
  get left(): Promise<void> {
    return this.#left.promise
  }

  get isOpen(): boolean {
    return this.entry.leftAt === undefined && !this.#socket.destroyed
  }

  /** What there is to say to this request, which is on the bill from now on as far as it is said. */
  plan(): PlannedAnswer {
    const { entry } = this
    const planned = plannedAnswer(entry, {
      provider: this.#provider,
      takesPrefix: this.#takesPrefix,
    })
    entry.text = planned.text
    return planned
  }

  /** Sends bytes as they are; resolves when they have left, or nobody is there to take them. */
  raw(bytes: string | Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.resolve()
    return Promise.race([
      this.left,
      new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve())),
    ])
  }

  /** Begins an answer. */
  head(
    status: number,
    headers: Readonly<Record<string, string>>,
    framing: Framing = 'CHUNKED',
  ): Promise<void> {
    this.#framing = framing
    if (status < 300) this.entry.began = true
    else this.entry.refused = true
    const length: Record<string, string> =
      framing === 'CHUNKED'
        ? { 'transfer-encoding': 'chunked' }
        : framing === 'UNTIL_CLOSE'
          ? { connection: 'close' }
          : { 'content-length': `${framing.length}` }
    const all = { 'x-request-id': `${this.entry.model}/${this.entry.turn}`, ...headers, ...length }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    return this.raw(`HTTP/1.1 ${status} Double\r\n${lines.join('')}\r\n`)
  }

  /** Sends a piece of the body; the tokens in it are on the bill. */
  async body(bytes: string | Uint8Array, tokens = 0): Promise<void> {
    if (!this.isOpen) return
    this.entry.tokens += tokens
    const data = Buffer.from(bytes as string)
    if (this.#framing !== 'CHUNKED') return this.raw(data)
    return this.raw(Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, crlf]))
  }

  /** Ends the body in order. */
  async finish(): Promise<void> {
    if (this.#framing === 'CHUNKED') await this.raw('0\r\n\r\n')
    else if (this.#framing === 'UNTIL_CLOSE') this.close()
  }

  /** Closes the connection in order (FIN). */
  close(): void {
    this.over()
    this.#socket.end()
  }

  /** Closes it as a crash does (RST). */
  reset(): void {
    this.over()
    this.#socket.resetAndDestroy()
  }

  /** What happens to the connection from now on is no longer about this request. */
  over(): void {
    this.#socket.off('close', this.#leave)
  }

  readonly #leave = (): void => {
    this.entry.leftAt ??= performance.now()
    this.#left.resolve()
  }
}

const crlf = Buffer.from('\r\n')
