import type { HealthState } from '#domain/health-score.ts'
import type { Ticks } from '#domain/money.ts'
import type { CircuitState } from '#domain/provider-circuit.ts'

export interface LiveRates {
  readonly requestsPerSecond: number
  readonly errorsPerSecond: number
  readonly tokensPerSecond: number
  /** What the calls of the last 60 seconds cost, in ticks. */
  readonly costPerMinute: Ticks
  readonly inFlight: number
  readonly latencyP50Ms: number | null
  readonly latencyP95Ms: number | null
}

export interface LiveProviderMetrics extends LiveRates {
  readonly name: string
  readonly health: HealthState
  readonly circuit: CircuitState
}

/** How things are now. Rates are over the last complete second, percentiles over the last 60. */
export interface LiveMetrics extends LiveRates {
  /** Epoch milliseconds. */
  readonly at: number
  /** Whether these are the figures of simulated traffic; the two never mix. */
  readonly simulated: boolean
  readonly queued: number
  readonly providers: readonly LiveProviderMetrics[]
}
