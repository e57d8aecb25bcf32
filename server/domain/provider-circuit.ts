import type { CircuitSnapshot } from './circuit-snapshot.ts'

export type CircuitState = CircuitSnapshot['state']

/** How many of a provider's targets have their circuits in which state. */
export interface CircuitCounts {
  readonly total: number
  readonly open: number
  readonly halfOpen: number
}

/**
 * A provider's circuit is the worst of its targets': an open one before one that is half open. Of several open ones it
 * is the one that refuses calls for longest.
 */
export function worstCircuit(circuits: Iterable<CircuitSnapshot>): CircuitSnapshot {
  let worst: CircuitSnapshot = { state: 'CLOSED' }
  for (const circuit of circuits) if (isWorse(circuit, worst)) worst = circuit
  return worst
}

function isWorse(one: CircuitSnapshot, other: CircuitSnapshot): boolean {
  if (one.state === 'OPEN') return other.state !== 'OPEN' || one.retryAt > other.retryAt
  return one.state === 'HALF_OPEN' && other.state === 'CLOSED'
}

export function countCircuits(circuits: readonly CircuitSnapshot[]): CircuitCounts {
  const count = (wanted: CircuitState) => circuits.filter(({ state }) => state === wanted).length
  return { total: circuits.length, open: count('OPEN'), halfOpen: count('HALF_OPEN') }
}
