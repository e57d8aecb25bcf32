import type { Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import type { Answer, Call } from './call.ts'
import type { Step } from './pipeline.ts'

/** The calls that have not ended. */
export interface RunningCalls {
  /** Knows a call until it is settled. */
  readonly follow: Step<Call, Answer>
  /** Cancels the calls of those viewers: they have lost the right to them. */
  cut(isCut: (viewer: Viewer) => boolean): void
}

export function createRunningCalls(): RunningCalls {
  const running = new Set<Call>()
  return {
    follow: (next) =>
      function followed(call) {
        running.add(call)
        call.closers.push(() => running.delete(call))
        return next(call)
      },
    cut(isCut) {
      for (const call of running) if (isCut(call.viewer)) call.cancellation.cancel(cutOff())
    },
  }
}

function cutOff(): GatewayError {
  return new GatewayError(
    'CANCELLED',
    'The call was cut off: its API key was revoked, has expired, or lost a right.',
  )
}
