import type { LineSink } from '#telemetry/line-sink.ts'

/** Keeps lines, parsed. */
export function memorySink(): LineSink & { readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  return {
    lines,
    write: (line: string) => void lines.push(JSON.parse(line)),
    flush() {},
    flushNow() {},
  }
}
