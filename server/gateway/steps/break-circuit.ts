import { exclusionError } from '#domain/failed-targets.ts'
import { breakageOf, disabledByHand } from '#domain/target-exclusion.ts'
import { isEnabled } from '#domain/target-health.ts'
import type { Answer, Attempt } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'
import type { TargetStates } from '../target-states.ts'

/** Refuses at once while the target is down or disabled, and lets one call through to see whether it is back. */
export const breakCircuit =
  ({ clock, states }: { clock: Clock; states: TargetStates }): Step<Attempt, Answer> =>
  (next) =>
    function admitted(attempt) {
      const { call, state, target } = attempt
      const { breaker, providerName: provider, model } = state
      const override = states.override(provider)
      const isLastResort = call.lastResort === target
      if (override === 'FORCE_DISABLED') throw exclusionError({ provider, model }, disabledByHand)
      const disabled = isEnabled(state.health, override) || isLastResort ? null : 'BY_ITSELF'
      const now = clock.now()
      const admission = disabled ? undefined : breaker?.admit(now, { override, isLastResort })
      if (disabled || (breaker && !admission)) {
        const circuitMs = breaker?.refusesForMs(now) ?? 0
        throw exclusionError({ provider, model }, breakageOf({ disabled, circuitMs })!)
      }
      attempt.admission = admission
      attempt.isWorking = true
      state.inFlight++
      const answering = next(attempt)
      if (!admission?.isProbe) return answering
      return answering.then((answer) => {
        // Others need not wait for the end of an answer that has begun.
        breaker?.report(admission, 'SUCCESS', clock.now())
        states.changed(state)
        return answer
      })
    }
