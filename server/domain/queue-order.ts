import type { Priority } from './request-record.ts'

/** What the order of a queue looks at. */
export interface Queued {
  readonly priority: Priority
  /** Rises with each call that comes. */
  readonly arrival: number
  /** Since when it waits, in monotonic milliseconds. */
  readonly since: number
}

/** The most urgent one first. */
export const priorities = [
  'CRITICAL',
  'HIGH',
  'NORMAL',
  'LOW',
] as const satisfies readonly Priority[]

/** Less than 0 where `one` came before `other`. */
export function byArrival(one: Queued, other: Queued): number {
  return one.arrival - other.arrival
}

/** Less than 0 where `one` goes before `other` by priority, and by arrival within one. */
export function byPriority(one: Queued, other: Queued): number {
  return (
    priorities.indexOf(one.priority) - priorities.indexOf(other.priority) ||
    one.arrival - other.arrival
  )
}

/** The call of `calls` that goes first by `order`. */
export function foremost<Call>(
  calls: Iterable<Call>,
  order: (one: Call, other: Call) => number,
): Call | undefined {
  let best: Call | undefined
  for (const call of calls) if (best === undefined || order(call, best) < 0) best = call
  return best
}

/** How many calls may go before the one that has waited longest. */
const mostOvertakers = 3

/**
 * Who is next, so that nothing starves: the most urgent call, but every fourth place goes to the one that has waited
 * longest, if it has waited for longer than its patience. So a call whose patience is over and that has n older ones
 * before it has its place after at most 4 * (n + 1) places, whatever else comes; and a flood of old calls takes from
 * the urgent ones no more than a quarter.
 */
export class Turns {
  #overtakers = 0

  /**
   * Call it when a place is given, which is then the returned call's.
   *
   * @param urgent The first one by priority.
   * @param oldest The one that has waited longest; may be the same.
   */
  next<Call extends Queued>(
    { urgent, oldest }: { urgent: Call; oldest: Call },
    { now, patienceMs }: { now: number; patienceMs: number },
  ): Call {
    const isPatient = now - oldest.since <= patienceMs
    if (urgent !== oldest && (isPatient || this.#overtakers < mostOvertakers)) {
      if (!isPatient) this.#overtakers++
      return urgent
    }
    this.#overtakers = 0
    return oldest
  }

  /** The one that has waited longest was given a place otherwise. */
  restart(): void {
    this.#overtakers = 0
  }
}
