import type { Circuit, OpenCircuit } from './circuit.ts'

/** The same instant by two clocks: monotonic milliseconds, and milliseconds since the epoch. */
export interface Moment {
  readonly now: number
  readonly epochMs: number
}

/** A circuit as it is shown, and kept over a restart. Plain JSON; instants are epoch milliseconds. */
export type CircuitSnapshot =
  | { readonly state: 'CLOSED' }
  | OpenCircuit
  | { readonly state: 'HALF_OPEN'; readonly openedAt: number; readonly openMs: number }

/** What was counted while the circuit was closed is not kept: it is of the last seconds only. */
export function snapshotOf(circuit: Circuit, { now, epochMs }: Moment): CircuitSnapshot {
  if (circuit.state === 'CLOSED') return { state: 'CLOSED' }
  const { state, openMs } = circuit
  const openedAt = epochMs - (now - circuit.openedAt)
  if (state === 'HALF_OPEN') return { state, openedAt, openMs }
  return { state, openedAt, retryAt: epochMs + (circuit.retryAt - now), openMs }
}

/**
 * The circuit that was kept. Whatever was done to the clock meanwhile, it stays open for no longer than it was opened for,
 * and that for no longer than the policy allows.
 *
 * @returns Undefined for a closed one: a new one is the same.
 */
export function keptCircuit(
  snapshot: CircuitSnapshot,
  { now, epochMs }: Moment,
  { openMs: shortest, longestOpenMs }: { openMs: number; longestOpenMs: number },
): Circuit | undefined {
  if (snapshot.state === 'CLOSED') return undefined
  const openMs = between(snapshot.openMs, shortest, longestOpenMs)
  const left = snapshot.state === 'OPEN' ? between(snapshot.retryAt - epochMs, 0, openMs) : 0
  const openedAt = now - Math.max(0, epochMs - snapshot.openedAt)
  return { state: 'OPEN', openedAt, retryAt: now + left, openMs }
}

function between(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
