import type { CircuitSnapshot } from './circuit-snapshot.ts'
import type { TargetHealth } from './target-health.ts'

/** What is known of a target from before: kept over a restart or a change of its policies. */
export interface KeptTarget {
  readonly circuit: CircuitSnapshot
  readonly health: TargetHealth
}

/** A target that is not as it is when all is well. */
export interface KeptRow extends KeptTarget {
  /** `provider:model`, and `@route` behind it where a route has policies of its own for it. */
  readonly name: string
  readonly providerName: string
}

/** What has become of a target. */
export interface TargetChange {
  readonly name: string
  readonly providerName: string
  /** Null: all is well again. */
  readonly kept: KeptTarget | null
  /** How often its circuit was opened meanwhile. */
  readonly opened: number
}

/** Whether there is nothing to keep of it. */
export const isWell = ({ circuit, health }: KeptTarget): boolean =>
  circuit.state === 'CLOSED' && health.state === 'ENABLED'

/** Whether two say the same, but for counters that nobody misses. */
export const isSameTarget = (one: KeptTarget, other: KeptTarget): boolean =>
  isSameCircuit(one.circuit, other.circuit) && one.health.state === other.health.state

/** Two clocks never say the same to the millisecond. */
const clockSlackMs = 100

/** Whether it is the same opening of the circuit, or none. */
export function isSameCircuit(one: CircuitSnapshot | undefined, other: CircuitSnapshot): boolean {
  if (one?.state !== other.state) return false
  if (one.state === 'CLOSED' || other.state === 'CLOSED') return true
  return one.openMs === other.openMs && Math.abs(one.openedAt - other.openedAt) < clockSlackMs
}

/** A circuit that nobody has used since it was kept shows by itself that its time is over. */
export function circuitNow(circuit: CircuitSnapshot, epochMs: number): CircuitSnapshot {
  if (circuit.state !== 'OPEN' || circuit.retryAt > epochMs) return circuit
  const { openedAt, openMs } = circuit
  return { state: 'HALF_OPEN', openedAt, openMs }
}
