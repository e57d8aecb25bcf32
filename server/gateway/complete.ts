import type { Viewer } from '#domain/access.ts'
import type { Answer, Attempt, Call, CallRequest, Reply } from './call.ts'
import { openCall } from './call.ts'
import { pipeline } from './pipeline.ts'
import type { GatewayPorts } from './ports.ts'
import { createRunningCalls } from './running-calls.ts'
import { attemptFirst } from './steps/attempt-first.ts'
import { authorise } from './steps/authorise.ts'
import { callProvider } from './steps/call-provider.ts'
import { limitRate } from './steps/limit-rate.ts'
import { queue } from './steps/queue.ts'
import { record } from './steps/record.ts'
import { replayGuard } from './steps/replay-guard.ts'
import { reserve } from './steps/reserve.ts'
import { timeOut } from './steps/time-out.ts'

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
  /** Cancels the running calls of those viewers: they have lost the right to them. */
  cut(isCut: (viewer: Viewer) => boolean): void
  /** Cancels calls under idempotency keys that run on though nobody waits for them; resolves when they are settled. */
  stop(): Promise<void>
}

/** The life of a completion, outermost concern first. */
export function createGateway(ports: GatewayPorts): Gateway {
  const attempt = pipeline<Attempt, Answer>(
    [reserve(ports), timeOut(ports.clock)],
    callProvider(ports),
  )
  const running = createRunningCalls()
  const recorded = pipeline<Call, Answer>(
    [record(ports), running.follow, authorise(ports), limitRate(ports), queue(ports)],
    attemptFirst(ports, attempt),
  )
  const { run, stop } = replayGuard(ports, recorded)
  return {
    open: (request) =>
      openCall(request, {
        now: ports.clock.now(),
        epochMs: ports.clock.epochMs(),
        configVersion: ports.routes.version,
      }),
    run,
    cut: running.cut,
    stop,
  }
}
