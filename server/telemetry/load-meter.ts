import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import type { Load } from '#domain/load-shedding.ts'
import type { Clock } from '#gateway/ports.ts'

/** Measures how hard this process works. */
export interface LoadMeter {
  /** The same object each time, with the figures of now. */
  load(): Load
  /** Measures from now on: what comes before is the start of the process. @returns Stops it. */
  start(): () => void
}

/** How often the event loop is asked how late it is. */
const everyMs = 100
/** Over which its lateness is smoothed: one long task is no overload, several are. */
const smoothingMs = 1000
/** Memory is looked at so much less often. */
const ticksPerMemory = 10

/**
 * @param queue How full the queue is, from 0.
 * @param memory How full the memory is, from 0. @default by the limit of the container or of the heap, whichever is nearer
 */
export function createLoadMeter({
  clock,
  queue,
  memory = memoryInUse,
}: {
  clock: Clock
  queue: () => number
  memory?: () => number
}): LoadMeter {
  const figures = {
    lagMs: 0,
    memory: memory(),
    get queue() {
      return queue()
    },
  }
  return {
    load: () => figures,
    start() {
      let last = clock.now()
      let ticks = 0
      return clock.every(everyMs, () => {
        const passedMs = clock.now() - last
        last += passedMs
        const lateMs = Math.max(0, passedMs - everyMs)
        figures.lagMs += (1 - Math.exp(-passedMs / smoothingMs)) * (lateMs - figures.lagMs)
        if (++ticks % ticksPerMemory === 0) figures.memory = memory()
      })
    },
  }
}

/** Of the process' memory the part in use, or of its JavaScript heap, whichever is more. */
export function memoryInUse(): number {
  const allowed = process.constrainedMemory()
  const all = totalmem()
  const heap = getHeapStatistics()
  return Math.max(
    process.memoryUsage.rss() / (allowed > 0 ? Math.min(allowed, all) : all),
    heap.used_heap_size / heap.heap_size_limit,
  )
}
