import { SseFrame, textIn } from './sse-frame.ts'

const lf = 0x0a
const cr = 0x0d
const colon = 0x3a
const space = 0x20

/** What became complete with one read. */
export interface SseRead {
  /**
   * All complete bytes as they came, in order, without gaps between reads; what is in no frame is comments and line
   * ends.
   */
  readonly bytes: Uint8Array
  readonly frames: readonly SseFrame[]
}

const none = Buffer.alloc(0)
const nothing: SseRead = { bytes: none, frames: [] }

/**
 * Takes a stream of server-sent events apart, however the network sliced it: line ends of any kind, a byte order mark,
 * characters cut in two, comments, data over several lines. Fields other than `event` and `data` are passed over.
 */
export class SseParser {
  readonly #maxBytes: number
  /** Bytes of an event that is not complete, at the front of a buffer that grows by doubling. */
  #held: Buffer = none
  #heldBytes = 0
  /** Up to where the held bytes have been read as lines. */
  #read = 0
  #atStart = true
  #afterCr = false
  #event: string | undefined
  /** The first data line of the event that is being read, from the event's start; -1 when there is none. */
  #from = -1
  #to = -1
  /** All of them, once there are several. */
  #data: string | undefined

  /** @param maxBytes The most that one event may take, in bytes. */
  constructor({ maxBytes = 10 * 1024 * 1024 } = {}) {
    this.#maxBytes = maxBytes
  }

  /**
   * Reads on.
   *
   * @throws {RangeError} If an event is larger than allowed.
   */
  push(bytes: Uint8Array): SseRead {
    return this.#parse(this.#heldBytes === 0 ? asBuffer(bytes) : this.#hold(bytes))
  }

  /** Ends the stream: a last event without its blank line counts. */
  finish(): SseRead {
    if (this.#heldBytes === 0) return nothing
    const bytes = this.#held.subarray(0, this.#heldBytes)
    const range = { start: 0, end: bytes.length }
    if (this.#read < bytes.length) this.#line(bytes, { ...range, from: this.#read })
    const frames: SseFrame[] = []
    this.#dispatch(frames, { bytes, ...range })
    this.#held = none
    this.#heldBytes = this.#read = 0
    return { bytes, frames }
  }

  #parse(bytes: Buffer): SseRead {
    const frames: SseFrame[] = []
    const { length } = bytes
    const hasCr = bytes.includes(cr, this.#read)
    let position = this.#read
    let frameStart = 0
    if (this.#afterCr && position < length) {
      this.#afterCr = false
      if (bytes[position] === lf) {
        position++
        if (this.#read === 0) frameStart = position
      }
    }
    while (position < length) {
      const end = hasCr ? lineEnd(bytes, position) : bytes.indexOf(lf, position)
      if (end === -1) break
      let next = end + 1
      if (bytes[end] === cr) {
        if (next === length) this.#afterCr = true
        else if (bytes[next] === lf) next++
      }
      if (end === position) {
        this.#atStart = false
        this.#dispatch(frames, { bytes, start: frameStart, end: next })
        frameStart = next
      } else {
        this.#line(bytes, { start: frameStart, from: position, end })
        // Comments before an event are not part of it, wherever the network cut.
        if (!this.#hasBegun) frameStart = next
      }
      position = next
    }
    return this.#keep(bytes, { complete: this.#hasBegun ? frameStart : position, position, frames })
  }

  /** Whether a line of an event has been read, but not its end. */
  get #hasBegun(): boolean {
    return this.#from !== -1 || this.#event !== undefined
  }

  #keep(
    bytes: Buffer,
    { complete, position, frames }: { complete: number; position: number; frames: SseFrame[] },
  ): SseRead {
    const rest = bytes.length - complete
    if (rest > this.#maxBytes) throw new RangeError(`an event of more than ${this.#maxBytes} bytes`)
    this.#read = position - complete
    if (complete === 0 && rest > 0) {
      if (this.#heldBytes === 0) this.#hold(bytes)
      return nothing
    }
    this.#held = rest === 0 ? none : Buffer.from(bytes.subarray(complete))
    this.#heldBytes = rest
    return { bytes: bytes.subarray(0, complete), frames }
  }

  #hold(bytes: Uint8Array): Buffer {
    const size = this.#heldBytes + bytes.length
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.#heldBytes))
      this.#held.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    this.#held.set(bytes, this.#heldBytes)
    this.#heldBytes = size
    return this.#held.subarray(0, size)
  }

  /** Reads the line at `from` of the event that begins at `start`. */
  #line(bytes: Buffer, line: { start: number; from: number; end: number }): void {
    const { start, end } = line
    let { from } = line
    if (this.#atStart) {
      this.#atStart = false
      if (bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf) from += 3
    }
    if (startsWith(bytes, from, 'data') && isValueAt(bytes, from + 4, end)) {
      const value = { bytes, from: valueStart(bytes, from + 4, end), to: end }
      if (this.#from === -1) {
        this.#from = value.from - start
        this.#to = end - start
        return
      }
      this.#data ??= textIn({ bytes, from: start + this.#from, to: start + this.#to })
      this.#data += `\n${textIn(value)}`
    } else if (startsWith(bytes, from, 'event') && isValueAt(bytes, from + 5, end)) {
      this.#event = textIn({ bytes, from: valueStart(bytes, from + 5, end), to: end })
    }
  }

  #dispatch(
    frames: SseFrame[],
    { bytes, start, end }: { bytes: Buffer; start: number; end: number },
  ): void {
    if (this.#from !== -1) {
      const event = this.#event === '' ? undefined : this.#event
      const data = this.#data ?? { bytes, from: start + this.#from, to: start + this.#to }
      frames.push(new SseFrame({ start, end }, { event, data }))
    }
    this.#event = this.#data = undefined
    this.#from = this.#to = -1
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function lineEnd(bytes: Buffer, from: number): number {
  for (let index = from; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === lf || byte === cr) return index
  }
  return -1
}

function startsWith(bytes: Buffer, from: number, name: 'data' | 'event'): boolean {
  for (let index = 0; index < name.length; index++) {
    if (bytes[from + index] !== name.charCodeAt(index)) return false
  }
  return true
}

/** A field's name must end where the line does, or at a colon. */
function isValueAt(bytes: Buffer, at: number, end: number): boolean {
  return at === end || (at < end && bytes[at] === colon)
}

function valueStart(bytes: Buffer, at: number, end: number): number {
  return Math.min(bytes[at + 1] === space ? at + 2 : at + 1, end)
}
