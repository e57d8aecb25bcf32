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

/** Whether a call has lately shown of one of them whether it works. */
export const provenWithin = (standings: readonly TargetStanding[], ms: number): boolean =>
  standings.some(({ provenMsAgo }) => provenMsAgo !== null && provenMsAgo < ms)

/** Whether it was disabled by itself, or its circuit has been open for long: then a check tells more than calls do. */
export function isTroubled(
  { circuit, health }: TargetStanding,
  { epochMs, forMs }: { epochMs: number; forMs: number },
): boolean {
  const isOpen = circuit?.state === 'OPEN' && epochMs - circuit.openedAt >= forMs
  return isOpen || health.state === 'DISABLED'
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
