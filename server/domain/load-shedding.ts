import { priorities } from './queue-order.ts'
import type { Priority } from './request-record.ts'

/** How hard the process works. */
export interface Load {
  /** How late the event loop is, in milliseconds; smoothed over a second or so. */
  readonly lagMs: number
  /** Memory in use, as a part of what there is. */
  readonly memory: number
  /** Calls that wait, as a part of how many may. */
  readonly queue: number
}

/** Above which load calls of a priority are refused. */
export type SheddingPolicy = Readonly<Record<Priority, Load>>

/**
 * Each priority bears twice the lateness of the one below it. A full queue makes room for a CRITICAL call by itself.
 *
 * @param lagMs What LOW calls bear, in milliseconds; 0: lateness refuses nobody.
 */
export function sheddingPolicy(lagMs: number): SheddingPolicy {
  const least = lagMs > 0 ? lagMs : Infinity
  return {
    LOW: { lagMs: least, memory: 0.85, queue: 0.7 },
    NORMAL: { lagMs: 2 * least, memory: 0.9, queue: 0.9 },
    HIGH: { lagMs: 4 * least, memory: 0.95, queue: 1 },
    CRITICAL: { lagMs: 8 * least, memory: 0.98, queue: Infinity },
  }
}

const defaultShedding = sheddingPolicy(200)

/**
 * Whether a call of that priority is still taken. New work is refused early, the lowest priority first, so that what was
 * taken is finished.
 */
export function isTaken(
  priority: Priority,
  load: Load,
  policy: SheddingPolicy = defaultShedding,
): boolean {
  const most = policy[priority]
  return load.lagMs <= most.lagMs && load.memory <= most.memory && load.queue <= most.queue
}

/** The lowest priority that is still taken; null when none is. */
export function lowestTaken(load: Load, policy: SheddingPolicy = defaultShedding): Priority | null {
  return priorities.findLast((priority) => isTaken(priority, load, policy)) ?? null
}

/** What of the load is too much for that priority, in words. */
export function overload(
  priority: Priority,
  load: Load,
  policy: SheddingPolicy = defaultShedding,
): string {
  const most = policy[priority]
  const reasons = [
    load.lagMs > most.lagMs && `its event loop is ${Math.round(load.lagMs)} ms late`,
    load.memory > most.memory && `${Math.round(load.memory * 100)} % of its memory is in use`,
    load.queue > most.queue && `its queue is ${Math.round(load.queue * 100)} % full`,
  ]
  return reasons.filter((reason) => reason !== false).join(', ')
}
