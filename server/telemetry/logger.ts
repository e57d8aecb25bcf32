import { pino } from 'pino'
import { gatherLines } from './gathered-lines.ts'
import type { LineSink } from './line-sink.ts'
import { plainLine } from './plain-line.ts'
import { rotatingFile } from './rotating-file.ts'
import { standardError } from './standard-error.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Writes structured lines: the fields first, then what happened in words. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Log extends Logger {
  /** Whether lines of information are written: to build none for nobody. */
  readonly informs: boolean
  /** Writes what is pending, now; for the end of the process. */
  flush(): void
}

export interface LogOptions {
  readonly level?: LogLevel
  /** `logs/router.log`; undefined writes no file. */
  readonly file?: string | undefined
  /** The values of secrets: wherever one would appear in a line, it is masked. Looked up for every line. */
  readonly secrets?: () => readonly string[]
  /** @default standard error and `file` */
  readonly sinks?: readonly LineSink[]
}

/** Secrets shorter than this would mask ordinary words. */
const shortestSecret = 8

/** One JSON object a line, to standard error and to a file that rotates. */
export function createLog({
  level = 'info',
  file,
  secrets = () => [],
  sinks = [standardError(), ...(file === undefined ? [] : [rotatingFile(file)])],
}: LogOptions = {}): Log {
  const gathered = gatherLines(sinks)
  const stream = { write: (line: string) => gathered.write(masked(line, secrets())) }
  const time = isoTime()
  const logger = pino(
    {
      level,
      base: undefined,
      timestamp: time,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    stream,
  )
  const informs = logger.isLevelEnabled('info')
  return {
    informs,
    debug: (fields, message) => logger.debug(fields, message),
    info(fields, message) {
      if (!informs) return
      const line = plainLine(fields, { level: 'info', time: time(), message })
      if (line === undefined) logger.info(fields, message)
      else stream.write(line)
    },
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () => gathered.flushNow(),
  }
}

function masked(line: string, secrets: readonly string[]): string {
  let safe = line
  for (const secret of secrets) {
    if (secret.length >= shortestSecret && safe.includes(secret)) {
      safe = safe.replaceAll(secret, '[secret]')
    }
  }
  return safe
}

/** The time of a line in UTC; written anew only when a millisecond has passed. */
function isoTime(): () => string {
  let last = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== last) {
      last = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}
