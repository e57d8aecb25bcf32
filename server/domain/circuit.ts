import type { TripMeter } from './trip-meter.ts'

/** What stands between calls and one target; each state has what only it needs. Instants are monotonic milliseconds. */
export type Circuit =
  | { readonly state: 'CLOSED'; readonly meter: TripMeter }
  | OpenCircuit
  | {
      readonly state: 'HALF_OPEN'
      readonly openedAt: number
      readonly openMs: number
      /** The one call that is let through to see. */
      probe: Admission | undefined
    }

export interface OpenCircuit {
  readonly state: 'OPEN'
  readonly openedAt: number
  /** When a call is let through to see. */
  readonly retryAt: number
  /** For how long it was opened: it doubles when that call fails. */
  readonly openMs: number
}

/** The right to ask the target once. How that ended must be reported, whatever happens: until then nobody else probes. */
export interface Admission {
  readonly isProbe: boolean
  /** Under which it was given: what happens to a later one is none of its business. */
  readonly circuit: Circuit
}
