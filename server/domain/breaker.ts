import type { Admission, Circuit } from './circuit.ts'
import { type CircuitSnapshot, type Moment, snapshotOf } from './circuit-snapshot.ts'
import type { CircuitVerdict } from './circuit-verdict.ts'
import type { HealthOverride } from './target-health.ts'
import { defaultTrip, TripMeter, type TripPolicy } from './trip-meter.ts'

export interface BreakerPolicy extends TripPolicy {
  /** How long a circuit stays open at first; it doubles with each probe that fails. @default 15000 */
  readonly openMs: number
  /** @default 300000 */
  readonly longestOpenMs: number
}

export const defaultBreaker: BreakerPolicy = {
  ...defaultTrip,
  openMs: 15_000,
  longestOpenMs: 300_000,
}

/** What whoever comes while another one probes is told to wait, in milliseconds. */
const probePatienceMs = 1_000

/**
 * A circuit breaker for one target (Nygard, "Release It!"): after too many failures it refuses at once, and after a
 * while it lets one call through to see. `TripMeter` decides when failures are too many, this what follows.
 */
export class Breaker {
  readonly #policy: BreakerPolicy
  #circuit: Circuit

  /** @param circuit As it was before a restart. @default closed */
  constructor(policy: BreakerPolicy = defaultBreaker, circuit: Circuit = closed(policy)) {
    this.#policy = policy
    this.#circuit = circuit
  }

  /** As it is shown, and kept over a restart. */
  snapshot(moment: Moment): CircuitSnapshot {
    return snapshotOf(this.#at(moment.now), moment)
  }

  /** How long calls are refused from now on, in milliseconds; null where one would be let through. */
  refusesForMs(now: number): number | null {
    const circuit = this.#at(now)
    switch (circuit.state) {
      case 'CLOSED':
        return null
      case 'OPEN':
        return circuit.retryAt - now
      case 'HALF_OPEN':
        return circuit.probe ? probePatienceMs : null
    }
  }

  /**
   * Asks to call the target: the first thing of an attempt.
   *
   * @param options.override By hand: FORCE_ENABLED lets everything through, FORCE_DISABLED nothing.
   * @param options.isLastResort Lets the call through whatever the circuit says: all other targets of its route are out.
   * @returns Undefined: refused.
   */
  admit(
    now: number,
    {
      override = 'AUTO',
      isLastResort = false,
    }: { override?: HealthOverride; isLastResort?: boolean } = {},
  ): Admission | undefined {
    if (override === 'FORCE_DISABLED') return undefined
    const circuit = this.#at(now)
    if (circuit.state === 'CLOSED') return { isProbe: false, circuit }
    if (circuit.state === 'HALF_OPEN' && !circuit.probe) {
      circuit.probe = { isProbe: true, circuit }
      return circuit.probe
    }
    return override === 'FORCE_ENABLED' || isLastResort ? { isProbe: false, circuit } : undefined
  }

  /**
   * Tells how an admitted call ended, or, of a probe, that the answer has begun. What is told twice, or comes after the
   * circuit has changed, is ignored; so is a failure that was let through against the circuit's advice.
   */
  report(admission: Admission, verdict: CircuitVerdict, now: number): void {
    const circuit = this.#circuit
    if (admission.circuit !== circuit) return
    switch (circuit.state) {
      case 'CLOSED':
        if (verdict === 'SUCCESS') circuit.meter.succeeded(now)
        if (verdict === 'FAILURE' && circuit.meter.failed(now)) this.#open(now, this.#policy.openMs)
        return
      case 'OPEN':
        if (verdict === 'SUCCESS') this.reset()
        return
      case 'HALF_OPEN':
        if (verdict === 'SUCCESS') this.reset()
        if (admission !== circuit.probe) return
        if (verdict === 'FAILURE') this.#open(now, circuit.openMs * 2)
        if (verdict === 'NOTHING') circuit.probe = undefined
    }
  }

  /** Closes the circuit and forgets what was counted. */
  reset(): void {
    this.#circuit = closed(this.#policy)
  }

  /** Lets the next call probe at once: an active check of the target has succeeded. */
  wake(now: number): void {
    const circuit = this.#at(now)
    if (circuit.state === 'OPEN') this.#circuit = halfOpen(circuit)
  }

  #at(now: number): Circuit {
    const circuit = this.#circuit
    if (circuit.state !== 'OPEN' || now < circuit.retryAt) return circuit
    return (this.#circuit = halfOpen(circuit))
  }

  #open(now: number, wantedMs: number): void {
    const openMs = Math.min(wantedMs, this.#policy.longestOpenMs)
    this.#circuit = { state: 'OPEN', openedAt: now, retryAt: now + openMs, openMs }
  }
}

function closed(policy: TripPolicy): Circuit {
  return { state: 'CLOSED', meter: new TripMeter(policy) }
}

function halfOpen({ openedAt, openMs }: { openedAt: number; openMs: number }): Circuit {
  return { state: 'HALF_OPEN', openedAt, openMs, probe: undefined }
}
