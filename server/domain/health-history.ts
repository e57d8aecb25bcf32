import type { HealthState } from './health-score.ts'
import type { TimeRange } from './request-filter.ts'

/** What a provider was like during a part of its history. */
export interface HealthSpan {
  /** The worst that it was; UNKNOWN where nobody knows. */
  readonly state: HealthState
  /** The part of the time that is known in which it could be used, from 0 to 1; null where nothing is known. */
  readonly uptimeRatio: number | null
}

const fromBest: readonly HealthState[] = ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'DOWN', 'DISABLED']
const usable: ReadonlySet<HealthState> = new Set(['HEALTHY', 'DEGRADED'])

/**
 * Sums up what a provider was during each bucket.
 *
 * @param states What it was from when on, oldest first; nothing is known before the first.
 * @param buckets.starts Epoch ms, ascending; each bucket ends where the next one begins.
 * @param buckets.end Where the last one ends; what lies ahead of now is not known.
 */
export function healthHistory(
  states: readonly { readonly state: HealthState; readonly at: number }[],
  { starts, end }: { starts: readonly number[]; end: number },
): readonly HealthSpan[] {
  return starts.map((from, index) => spanOf(states, { from, to: starts[index + 1] ?? end }))
}

function spanOf(
  states: readonly { readonly state: HealthState; readonly at: number }[],
  { from, to }: TimeRange,
): HealthSpan {
  let worst: HealthState = 'UNKNOWN'
  let known = 0
  let up = 0
  for (const [index, { state, at }] of states.entries()) {
    const until = states[index + 1]?.at ?? Infinity
    const length = Math.min(until, to) - Math.max(at, from)
    if (length <= 0 || state === 'UNKNOWN') continue
    if (fromBest.indexOf(state) > fromBest.indexOf(worst)) worst = state
    known += length
    if (usable.has(state)) up += length
  }
  return { state: worst, uptimeRatio: known === 0 ? null : up / known }
}
