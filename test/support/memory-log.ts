import { createLog, type Log, type LogOptions } from '#telemetry/logger.ts'

/** A log that keeps its lines, parsed. */
export function memoryLog(options: Omit<LogOptions, 'sinks' | 'file'> = {}): {
  readonly log: Log
  lines(): readonly Record<string, unknown>[]
} {
  let text = ''
  const sink = { write: (lines: string) => void (text += lines), flushNow() {} }
  const log = createLog({ ...options, sinks: [sink] })
  return {
    log,
    lines() {
      log.flush()
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    },
  }
}
