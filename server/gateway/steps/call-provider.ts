import type { Answer, Attempt } from '../call.ts'
import type { Handler } from '../pipeline.ts'
import type { CallObserver, Clock } from '../ports.ts'
import { hearLimits } from '../told-limits.ts'

/** Asks the provider. */
export function callProvider({
  observer,
  clock,
}: {
  observer: CallObserver
  clock: Clock
}): Handler<Attempt, Answer> {
  return async function called(attempt) {
    const { call, opening, request, target } = attempt
    if (attempt.cancellation.reason) throw attempt.cancellation.reason
    attempt.calledAt = attempt.waitingSince = clock.now()
    observer.attemptStarted(call.opening, opening)
    call.watcher?.attemptStarted?.(opening)
    const answer = await target.adapter.stream({
      id: call.id,
      request,
      model: target.model,
      cancellation: attempt.cancellation,
      onSent: () => {
        attempt.sent = true
      },
    })
    attempt.upstreamRequestId = answer.upstreamRequestId
    hearLimits(attempt, { headers: answer.headers, clock })
    return { call, attempt, status: answer.status, headers: answer.headers, chunks: answer.chunks }
  }
}
