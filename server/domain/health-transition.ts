import type { HealthState } from './health-score.ts'

/** A provider's health has changed. */
export interface HealthTransition {
  readonly providerName: string
  readonly from: HealthState
  readonly to: HealthState
  /** For people; null when there is nothing to say. */
  readonly reason: string | null
  /** Whether a person decided so, and nobody needs to be told. */
  readonly byHand: boolean
  /** Served by the simulator: nobody is alarmed. */
  readonly simulated: boolean
  /** Epoch milliseconds. */
  readonly at: number
}
