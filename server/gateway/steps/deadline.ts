import { GatewayError } from '#domain/errors.ts'
import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

/** Ends a call that takes longer than its caller wants to wait, whatever it is waiting for. */
export const deadline =
  (clock: Clock): Step<Call, Answer> =>
  (next) =>
    function inTime(call) {
      const ms = call.routing?.timeoutMs
      if (ms === undefined) return next(call)
      const stop = clock.every(ms, () =>
        call.cancellation.cancel(
          new GatewayError(
            'PROVIDER_TIMEOUT',
            `The call of ${call.request.model} did not end within the ${ms} ms that it asked for; allow it more time, or ask a faster model.`,
            { model: call.request.model },
          ),
        ),
      )
      call.closers.push(stop)
      return next(call)
    }
