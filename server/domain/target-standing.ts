import type { CircuitSnapshot } from './circuit-snapshot.ts'
import type { CircuitCounts } from './provider-circuit.ts'
import { countCircuits } from './provider-circuit.ts'
import type { TargetHealth } from './target-health.ts'

/** How a target stands: one that calls have used, or one that is only remembered. */
export interface TargetStanding {
  /** Null: it has none. */
  readonly circuit: CircuitSnapshot | null
  readonly health: TargetHealth
  /** How long ago a call last showed whether it works, in milliseconds; null: nobody knows. */
  readonly provenMsAgo: number | null
}

/** Older evidence tells nothing. */
const recentMs = 300_000

/** What the targets of a provider say of it; those that nobody uses, and that are well, say nothing. */
export function summaryOf(standings: readonly TargetStanding[]): {
  readonly circuits: CircuitCounts
  /** Whether all were disabled by themselves. */
  readonly isDisabled: boolean
} {
  const inUse = standings.filter(
    ({ circuit, health, provenMsAgo }) =>
      health.state === 'DISABLED' ||
      (circuit !== null && circuit.state !== 'CLOSED') ||
      (provenMsAgo !== null && provenMsAgo < recentMs),
  )
  return {
    circuits: countCircuits(inUse.flatMap(({ circuit }) => circuit ?? [])),
    isDisabled: inUse.length > 0 && inUse.every(({ health }) => health.state === 'DISABLED'),
  }
}
