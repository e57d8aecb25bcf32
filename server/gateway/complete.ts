import type { Viewer } from '#domain/access.ts'
import { createAttempts } from './attempts.ts'
import type { Answer, Attempt, Call, CallRequest, Reply } from './call.ts'
import { openCall } from './call.ts'
import { type CompletionPlan, explain } from './explain.ts'
import { pipeline } from './pipeline.ts'
import type { GatewayPorts } from './ports.ts'
import { createRunningCalls } from './running-calls.ts'
import { authorise } from './steps/authorise.ts'
import { breakCircuit } from './steps/break-circuit.ts'
import { callProvider } from './steps/call-provider.ts'
import { chooseTargets } from './steps/choose-targets.ts'
import { deadline } from './steps/deadline.ts'
import { fallBack } from './steps/fall-back.ts'
import { holdBack } from './steps/hold-back.ts'
import { limitProvider } from './steps/limit-provider.ts'
import { limitRate } from './steps/limit-rate.ts'
import { queue } from './steps/queue.ts'
import { record } from './steps/record.ts'
import { recover } from './steps/recover.ts'
import { replayGuard } from './steps/replay-guard.ts'
import { reserve } from './steps/reserve.ts'
import { retry } from './steps/retry.ts'
import { shedLoad } from './steps/shed-load.ts'
import { timeOut } from './steps/time-out.ts'
import { transform } from './steps/transform.ts'
import { createTargetChoice } from './target-choice.ts'
import { createTargetStates } from './target-states.ts'

/** The gateway, as the surfaces see it. */
export interface Gateway {
  /** Begins a call; nothing happens before `run`. Keep it to cancel. */
  open(request: CallRequest): Call
  /**
   * Runs a call. Resolves when a provider has begun to answer.
   *
   * @throws {GatewayError} When the call is refused or every target failed; it is recorded all the same.
   */
  run(call: Call): Promise<Reply>
  /**
   * Says what would happen to a call that is made now, and makes none.
   *
   * @throws {GatewayError} Only what nobody expected: what would refuse the call is in the plan.
   */
  plan(request: CallRequest): Promise<CompletionPlan>
  /** Cancels the running calls of those viewers: they have lost the right to them. */
  cut(isCut: (viewer: Viewer) => boolean): void
  /** Cancels calls under idempotency keys that run on though nobody waits for them; resolves when they are settled. */
  stop(): Promise<void>
}

/** The life of a completion, outermost concern first. */
export function createGateway(ports: GatewayPorts): Gateway {
  const { clock, chance = Math.random, states = createTargetStates() } = ports
  const attempts = createAttempts({ clock, states })
  const choice = createTargetChoice({ ...ports, states, chance })
  const running = createRunningCalls()
  const attempt = pipeline<Attempt, Answer>(
    [
      retry({ attempts, clock, chance }),
      breakCircuit({ clock, states }),
      limitProvider(clock),
      reserve(ports),
      timeOut(clock),
      holdBack(clock),
    ],
    callProvider(ports),
  )
  const recorded = pipeline<Call, Answer>(
    [
      record({ ...ports, attempts }),
      running.follow,
      deadline(clock),
      authorise(ports),
      shedLoad(ports),
      transform(ports),
      chooseTargets({ choice, attempts }),
      limitRate(ports),
      queue(ports),
      recover({ ...ports, attempts, attempt }),
    ],
    fallBack({ ...ports, attempts }, attempt),
  )
  const { run, stop } = replayGuard({ ...ports, attempts }, recorded)
  const open = (request: CallRequest) =>
    openCall(request, {
      now: clock.now(),
      epochMs: clock.epochMs(),
      configVersion: ports.routes.version,
    })
  const planOf = explain({ ...ports, choice })
  return {
    open,
    run,
    plan: (request) => planOf(open(request)),
    cut: running.cut,
    stop,
  }
}
