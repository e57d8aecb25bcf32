import { FittingMemory } from './fitting-memory.ts'
import { type CountersFor, rateCounters } from './rate-counters.ts'

/** Counts in this process alone. @param now Monotonic milliseconds. */
export const memoryCounters =
  (now: () => number): CountersFor =>
  ({ name, limit, windowS }) =>
    rateCounters(new FittingMemory({ keyPrefix: name, points: limit, duration: windowS }), {
      windowS,
      now,
    })
