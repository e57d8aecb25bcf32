import { destination } from 'pino'
import type { LineSink } from './line-sink.ts'

/** The standard error stream; a reader that is slow stops nobody. */
export function standardError(): LineSink {
  const stream = destination({
    dest: 2,
    sync: false,
    maxWrite: 65_536,
    maxLength: 16 * 1024 * 1024,
  })
  stream.on('error', () => {})
  return {
    write: (lines) => void stream.write(lines),
    flushNow() {
      try {
        stream.flushSync()
      } catch {
        // Nobody reads it any more.
      }
    },
  }
}
