import type { JudgedTarget } from '#domain/eligible-targets.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import { failureOfAll, type FailedTarget } from '#domain/failed-targets.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Attempt, Call, Target } from '../call.ts'
import type { Handler } from '../pipeline.ts'
import { mayGoOn } from '../may-go-on.ts'
import { type Mover, moveTo } from '../move-to.ts'
import { skipTarget } from '../skipped-target.ts'

/** Asks the targets of the call in their order until one answers, or says something that another would say as well. */
export function fallBack(
  ports: Mover & { readonly attempts: Attempts },
  attempt: Handler<Attempt, Answer>,
): Handler<Call, Answer> {
  const { attempts } = ports
  return async function askedInTurn(call) {
    const failed: FailedTarget[] = []
    let plan = call.plan
    for (let at = 0; at < plan.length; at++) {
      const judged = plan[at]!
      if (call.cancellation.reason) throw call.cancellation.reason
      const skipped = skipTarget(call, judged, attempts)
      if (skipped) {
        failed.push(skipped)
        continue
      }
      const { target } = judged
      call.lastResort = judged.isLastResort ? target : undefined
      try {
        if (target !== call.targets[0]) await moveTo(target, { call, ...ports })
        return await attempt(attempts.open(call, target))
      } catch (thrown) {
        const error = asGatewayError(thrown)
        failed.push({ error, wasSkipped: false })
        const larger = largerFor(call, error)
        if (larger && plan === call.plan) {
          plan = larger
          at = -1
        } else if (!mayGoOn(call, error)) throw error
      }
    }
    throw failureOfAll(call.request.model, failed)
  }
}

/** Where the route has a way out of a context that is too long. */
function largerFor(
  { cancellation, route }: Call,
  { code }: GatewayError,
): readonly JudgedTarget<Target>[] | undefined {
  if (code !== 'CONTEXT_LENGTH_EXCEEDED' || cancellation.reason || !route?.larger.length)
    return undefined
  return route.larger.map((target) => ({ target, exclusion: undefined, isLastResort: false }))
}
