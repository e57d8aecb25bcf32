import type { LineSink } from './line-sink.ts'

/** How long a line may wait to be written, in milliseconds. */
const longestWaitMs = 100
/** At this size lines are written without waiting, in UTF-16 units. */
const fullSize = 32_768

/** Gathers lines, and hands them to all sinks as one text: what a sink does, it then does for hundreds of lines at once. */
export function gatherLines(sinks: readonly LineSink[]): LineSink {
  let pending = ''
  let waits = false

  const handOn = () => {
    const lines = pending
    pending = ''
    if (lines !== '') for (const sink of sinks) sink.write(lines)
  }

  return {
    write(lines) {
      pending += lines
      if (pending.length >= fullSize) return handOn()
      if (waits) return
      waits = true
      setTimeout(() => {
        waits = false
        handOn()
      }, longestWaitMs).unref()
    },
    flushNow() {
      handOn()
      for (const sink of sinks) sink.flushNow()
    },
  }
}
