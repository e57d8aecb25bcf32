import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import { holdFor } from '#domain/hold.ts'
import type { Answer, Attempt, Call } from '../call.ts'
import type { Handler } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

/** Tries the first target of the route. */
export function attemptFirst(
  { clock }: { clock: Clock },
  attempt: Handler<Attempt, Answer>,
): Handler<Call, Answer> {
  return function attempted(call) {
    const target = call.targets[0]
    if (!target)
      throw new GatewayError('NO_HEALTHY_PROVIDER', `No provider serves ${call.request.model}.`)
    if (call.cancellation.reason) throw call.cancellation.reason
    const now = clock.now()
    const opened: Attempt = {
      call,
      target,
      opening: {
        index: call.attempts.length,
        providerName: target.adapter.config.name,
        model: target.model,
        simulated: target.simulated,
        startedAt: clock.epochMs(),
        hold: holdFor(call.request, target),
      },
      request: call.request,
      calledAt: now,
      cancellation: new Cancellation(),
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
    call.attempts.push(opened)
    call.closers.push(call.cancellation.onCancel((reason) => opened.cancellation.cancel(reason)))
    return attempt(opened)
  }
}
