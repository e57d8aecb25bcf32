/** Bytes that stand next to each other in others. */
export interface ByteRange {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

/** One server-sent event that carries data. */
export class SseFrame {
  /** The event's name; undefined where none was sent. */
  readonly event: string | undefined
  /** Its bytes in `SseRead.bytes`, from its first field to the blank line at its end. */
  readonly start: number
  readonly end: number
  /** Its data, where that is one line. */
  readonly line: ByteRange | undefined
  readonly #lines: string

  constructor(
    { start, end }: { start: number; end: number },
    { event, data }: { event: string | undefined; data: string | ByteRange },
  ) {
    this.event = event
    this.start = start
    this.end = end
    this.line = typeof data === 'string' ? undefined : data
    this.#lines = typeof data === 'string' ? data : ''
  }

  /** Its data lines, joined by line feeds; decoded anew each time. */
  get data(): string {
    return this.line ? textIn(this.line) : this.#lines
  }

  /** @param data In ASCII; what is longer or shorter is not decoded. */
  is(data: string): boolean {
    const { line } = this
    return (!line || line.to - line.from === data.length) && this.data === data
  }
}

/** The text of some bytes, read as UTF-8. */
export function textIn({ bytes, from, to }: ByteRange): string {
  return from < to ? bytes.toString('utf8', from, to) : ''
}
