import type { JudgedTarget } from '#domain/eligible-targets.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import { failureOfAll, type FailedTarget } from '#domain/failed-targets.ts'
import { mayFallBack } from '#domain/retry-rule.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Attempt, Call, Target } from '../call.ts'
import type { Handler } from '../pipeline.ts'
import { freeSlot, type SlotTaker, takeSlot } from '../take-slot.ts'
import { skipTarget } from '../skipped-target.ts'

/** Asks the targets of the call in their order until one answers, or says something that another would say as well. */
export function fallBack(
  ports: SlotTaker & { readonly attempts: Attempts },
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
        const moving = move(call, target, ports)
        if (moving) await moving
        return await attempt(attempts.open(call, target))
      } catch (thrown) {
        const error = asGatewayError(thrown)
        failed.push(failedTarget(target, error))
        const larger = largerFor(call, error)
        if (larger && plan === call.plan) {
          plan = larger
          at = -1
        } else if (!goesOn(call, error)) throw error
      }
    }
    throw failureOfAll(call.request.model, failed)
  }
}

/** Where providers have limits of their own, a call gives its place back and takes one at the next. */
function move(call: Call, target: Target, taker: SlotTaker): Promise<void> | undefined {
  const from = call.targets[0]?.adapter.config
  const to = target.adapter.config
  call.targets = [target]
  if (from?.name === to.name) return undefined
  if (from?.maxConcurrency === undefined && to.maxConcurrency === undefined) return undefined
  freeSlot(call)
  return takeSlot(call, taker)
}

function failedTarget({ adapter, model }: Target, error: GatewayError): FailedTarget {
  return { name: `${adapter.config.name}:${model}`, error, wasSkipped: false }
}

/** Whether another target may answer in place of the one that failed so. */
function goesOn(call: Call, { code, details }: GatewayError): boolean {
  const isTooLate = call.cancellation.reason !== undefined
  if (mayFallBack({ code, isTooLate }, call.route?.fallBackOn)) return true
  // A limit on one provider or model is no limit on the others.
  const scope = details.allowance?.allowance.scope.kind
  return !isTooLate && (scope === 'PROVIDER' || scope === 'MODEL')
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
