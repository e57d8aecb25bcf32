import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { destination } from 'pino'

/** Somewhere that lines go without anybody waiting for them. */
export interface LineSink {
  write(line: string): void
  /** Writes what is pending, in the background. */
  flush(): void
  /** Writes what is pending before it returns: for the end of the process. */
  flushNow(): void
}

export interface RotatingFileOptions {
  /** Size at which a new file is begun, in bytes. */
  readonly maxBytes?: number
  /** Old files that are kept, as `.1` (the latest) and so on. */
  readonly keep?: number
  /** Is told once when lines cannot be written, such as on a full disk. */
  readonly onError?: (error: Error) => void
}

/**
 * A log file of bounded size. Lines are gathered and written in the background; a disk that is full or slow never
 * stops the process.
 *
 * @throws {Error} When its folder cannot be made.
 */
export function rotatingFile(
  path: string,
  { maxBytes = 10 * 1024 * 1024, keep = 5, onError = () => {} }: RotatingFileOptions = {},
): LineSink {
  mkdirSync(dirname(path), { recursive: true })
  let size = existsSync(path) ? statSync(path).size : 0
  let failing = false
  const file = destination({ dest: path, sync: false, minLength: 16_384, maxLength: 16 * 1024 * 1024 })
  file.on('error', (error: Error) => {
    if (!failing) onError(error)
    failing = true
  })
  file.on('drain', () => {
    failing = false
  })

  const rotate = () => {
    for (let index = keep; index > 0; index--) {
      const from = index === 1 ? path : `${path}.${index - 1}`
      if (existsSync(from)) renameSync(from, `${path}.${index}`)
    }
    size = 0
    file.reopen()
  }

  return {
    write(line) {
      const bytes = Buffer.byteLength(line)
      if (size > 0 && size + bytes > maxBytes) rotateOrGoOn(rotate, onError)
      size += bytes
      file.write(line)
    },
    flush: () => file.flush(),
    flushNow: () => flushNow(file),
  }
}

/** The standard error stream, with lines gathered in the same way. */
export function standardError(): LineSink {
  const stream = destination({ dest: 2, sync: false, minLength: 16_384, maxLength: 16 * 1024 * 1024 })
  stream.on('error', () => {})
  return {
    write: (line) => void stream.write(line),
    flush: () => stream.flush(),
    flushNow: () => flushNow(stream),
  }
}

/** A destination that is not open yet, or no longer, has nothing that could be flushed. */
function flushNow(stream: { flushSync(): void }): void {
  try {
    stream.flushSync()
  } catch {
    // It keeps its lines until it is open.
  }
}

function rotateOrGoOn(rotate: () => void, onError: (error: Error) => void): void {
  try {
    rotate()
  } catch (thrown) {
    onError(thrown instanceof Error ? thrown : new Error(String(thrown)))
  }
}
