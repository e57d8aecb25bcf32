import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  write,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { LineSink } from './line-sink.ts'

export interface RotatingFileOptions {
  /** Size at which a new file is begun, in bytes. */
  readonly maxBytes?: number
  /** Old files that are kept, as `.1` (the latest) and so on. */
  readonly keep?: number
  /** Is told when lines cannot be written, such as on a full disk: once, until one can be written again. */
  readonly onError?: (error: unknown) => void
}

/** What waits for a disk that does not take it; more is left out, and counted. */
const maxPendingBytes = 16 * 1024 * 1024

/**
 * A log file of bounded size, written in the background: a disk that is full or slow never stops the process.
 *
 * @throws {Error} When the file cannot be opened at the start.
 */
export function rotatingFile(path: string, options: RotatingFileOptions = {}): LineSink {
  mkdirSync(dirname(path), { recursive: true })
  return new RotatingFile(path, options)
}

class RotatingFile implements LineSink {
  readonly #path: string
  readonly #maxBytes: number
  readonly #keep: number
  readonly #onError: (error: unknown) => void
  #file: number
  /** Of the current file, with what is being written. */
  #size: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #begins = false
  #writing = false
  #failing = false
  #lost = 0

  constructor(
    path: string,
    { maxBytes = 10 * 1024 * 1024, keep = 5, onError = () => {} }: RotatingFileOptions,
  ) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#keep = keep
    this.#onError = onError
    this.#file = openSync(path, 'a')
    this.#size = fstatSync(this.#file).size
  }

  write(lines: string): void {
    const bytes = Buffer.from(lines)
    if (this.#pendingBytes + bytes.length > maxPendingBytes) {
      this.#lost += lines.split('\n').length - 1
      return
    }
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#begins) return
    this.#begins = true
    setImmediate(() => {
      this.#begins = false
      this.#writeOn()
    })
  }

  flushNow(): void {
    for (let bytes = this.#take(); bytes; bytes = this.#take()) {
      let done = 0
      try {
        while (done < bytes.length) done += writeSync(this.#file, bytes, done)
      } catch (error) {
        return this.#failed(error, bytes.subarray(done))
      }
    }
  }

  #writeOn(): void {
    if (this.#writing) return
    const bytes = this.#take()
    if (!bytes) return
    this.#writing = true
    write(this.#file, bytes, 0, bytes.length, null, (error, written) => {
      this.#writing = false
      if (error) return this.#failed(error, bytes)
      this.#failing = false
      if (written < bytes.length) this.#putBack(bytes.subarray(written))
      this.#writeOn()
    })
  }

  /** What waits and fits into the file; where nothing does, a new one is begun. */
  #take(): Buffer | undefined {
    if (this.#lost > 0 && !this.#failing) {
      const told = `{"level":"warn","lost":${this.#lost},"msg":"log lines were lost"}\n`
      this.#pending.push(Buffer.from(told))
      this.#pendingBytes += told.length
      this.#lost = 0
    }
    const [first] = this.#pending
    if (!first) return undefined
    const fits = (bytes: number) => this.#size + bytes <= this.#maxBytes
    // Not while a write is under way: it would go on in a file that is closed.
    if (this.#size > 0 && !fits(first.length) && !this.#writing) this.#rotate()
    let bytes = first.length
    let count = 1
    for (const next of this.#pending.slice(1)) {
      if (!fits(bytes + next.length)) break
      bytes += next.length
      count++
    }
    const taken = this.#pending.splice(0, count)
    this.#pendingBytes -= bytes
    this.#size += bytes
    return taken.length === 1 ? first : Buffer.concat(taken)
  }

  #putBack(bytes: Buffer): void {
    this.#pending.unshift(bytes)
    this.#pendingBytes += bytes.length
    this.#size -= bytes.length
  }

  /** What could not be written waits for the next try. */
  #failed(error: unknown, bytes: Buffer): void {
    if (!this.#failing) this.#onError(error)
    this.#failing = true
    this.#putBack(bytes)
  }

  #rotate(): void {
    try {
      for (let index = this.#keep; index > 0; index--) {
        const from = index === 1 ? this.#path : `${this.#path}.${index - 1}`
        if (existsSync(from)) renameSync(from, `${this.#path}.${index}`)
      }
      const next = openSync(this.#path, 'a')
      closeSync(this.#file)
      this.#file = next
    } catch (error) {
      this.#onError(error)
    }
    this.#size = 0
  }
}
