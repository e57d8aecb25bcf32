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

/** Lines are gathered up to this size before they are written. */
const gatherBytes = 32_768
/** What waits for a disk that does not take it; more is left out, and counted. */
const maxPendingBytes = 16 * 1024 * 1024

/**
 * A log file of bounded size. Lines are gathered and written in the background; a disk that is full or slow never
 * stops the process.
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
  /** Of the current file, with what is pending. */
  #size: number
  #pending = ''
  #pendingBytes = 0
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

  write(line: string): void {
    const bytes = Buffer.byteLength(line)
    if (this.#pendingBytes + bytes > maxPendingBytes) {
      this.#lost++
      return
    }
    if (this.#size + bytes > this.#maxBytes && this.#size > 0 && !this.#writing) this.#rotate()
    this.#pending += line
    this.#pendingBytes += bytes
    this.#size += bytes
    if (this.#pendingBytes >= gatherBytes) this.flush()
  }

  flush(): void {
    if (this.#writing || this.#pending === '') return
    const bytes = this.#take()
    this.#writing = true
    write(this.#file, bytes, 0, bytes.length, null, (error, written) => {
      this.#writing = false
      if (error) return this.#failed(error, bytes)
      this.#failing = false
      if (written < bytes.length) this.#putBack(bytes.subarray(written))
      if (this.#size > this.#maxBytes) this.#rotate()
      else if (this.#pendingBytes >= gatherBytes) this.flush()
    })
  }

  flushNow(): void {
    if (this.#pending === '') return
    const bytes = this.#take()
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done)
    } catch (error) {
      this.#failed(error, bytes)
    }
  }

  #take(): Buffer {
    if (this.#lost > 0 && !this.#failing) {
      this.#pending += `{"level":"warn","lost":${this.#lost},"msg":"log lines were lost"}\n`
      this.#lost = 0
    }
    const bytes = Buffer.from(this.#pending)
    this.#pending = ''
    this.#pendingBytes = 0
    return bytes
  }

  #putBack(bytes: Buffer): void {
    this.#pending = bytes.toString() + this.#pending
    this.#pendingBytes += bytes.length
  }

  /** What could not be written waits for the next try. */
  #failed(error: unknown, bytes: Buffer): void {
    if (!this.#failing) this.#onError(error)
    this.#failing = true
    this.#putBack(bytes)
  }

  #rotate(): void {
    this.flushNow()
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
