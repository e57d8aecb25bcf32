import { Cancellation } from '#domain/cancellation.ts'
import { circuitVerdict } from '#domain/circuit-verdict.ts'
import type { GatewayError } from '#domain/errors.ts'
import { holdFor } from '#domain/hold.ts'
import type { ModelRequest } from '#domain/chat.ts'
import { enabled, healthAfter } from '#domain/target-health.ts'
import type { Attempt, Call, Target } from './call.ts'
import type { Clock } from './ports.ts'
import { endedStatus } from './records.ts'
import { hearLimits } from './told-limits.ts'
import type { TargetStates } from './target-states.ts'

/** Begins and ends attempts; what their ends say of their targets is learned here, and nowhere else. */
export interface Attempts {
  /**
   * Begins an attempt: a plain value, with nothing reserved and nothing sent, behind the others of its call.
   *
   * @param request What is sent, where that is not what the caller asked for.
   */
  open(call: Call, target: Target, request?: ModelRequest): Attempt
  /** Marks an attempt as over, at most once. @param error Undefined: it has answered. */
  end(attempt: Attempt | undefined, error: GatewayError | undefined): void
}

export function createAttempts({
  clock,
  states,
}: {
  clock: Clock
  states: TargetStates
}): Attempts {
  return {
    open(call, target, request = call.request) {
      const now = clock.now()
      const attempt: Attempt = {
        call,
        target,
        state: states.of(target),
        opening: {
          index: call.attempts.length,
          providerName: target.adapter.config.name,
          model: target.model,
          simulated: target.simulated,
          startedAt: clock.epochMs(),
          hold: holdFor(request, target),
        },
        request,
        calledAt: now,
        cancellation: new Cancellation(),
        admission: undefined,
        allowances: [],
        isWorking: false,
        sent: false,
        waitingSince: now,
        firstTokenAt: undefined,
        producedBytes: 0,
        upstreamRequestId: null,
        status: 'IN_PROGRESS',
        endedAt: undefined,
        end: undefined,
        error: undefined,
      }
      call.attempts.push(attempt)
      call.closers.push(call.cancellation.onCancel((reason) => attempt.cancellation.cancel(reason)))
      return attempt
    },
    end(attempt, error) {
      if (!attempt || attempt.endedAt !== undefined) return
      attempt.endedAt = clock.now()
      attempt.waitingSince = undefined
      attempt.error = error
      attempt.status = endedStatus(attempt)
      const headers = error?.details.upstream?.headers
      if (headers) hearLimits(attempt, { headers, clock })
      learn(attempt, { clock, states })
    },
  }
}

function learn(attempt: Attempt, { clock, states }: { clock: Clock; states: TargetStates }): void {
  const { admission, calledAt, error, isWorking, sent, state } = attempt
  if (!isWorking) return
  state.inFlight--
  const now = clock.now()
  const verdict = wasCalledOff(attempt) ? 'NOTHING' : circuitVerdict(error?.code ?? null)
  if (admission) state.breaker?.report(admission, verdict, now)
  if (state.resilience.coolsDown) {
    if (!error) state.coolDown.answered()
    else if (sent && error.code === 'PROVIDER_RATE_LIMITED')
      state.coolDown.refused(now, error.details.retryAfterMs)
  }
  if (verdict === 'NOTHING') return
  state.provenAt = now
  if (verdict === 'FAILURE') state.latency.observe(now - calledAt, now)
  const { disabling } = state.resilience
  const before = state.health
  if (disabling) {
    const at = clock.epochMs()
    state.health = healthAfter(before, { verdict, at }, disabling)
  }
  const wasTroubled = before !== enabled || (admission && admission.circuit.state !== 'CLOSED')
  if (verdict === 'FAILURE' || wasTroubled) states.changed(state)
}

/** Whether it was ended from outside: how little time a caller has says nothing of the target. */
function wasCalledOff({ call, cancellation, error }: Attempt): boolean {
  return (
    error !== undefined &&
    cancellation.reason !== undefined &&
    cancellation.reason === call.cancellation.reason
  )
}
