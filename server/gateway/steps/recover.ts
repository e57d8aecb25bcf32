import { continuedRequest } from '#domain/continued-request.ts'
import { asGatewayError, errorRules, type GatewayError } from '#domain/errors.ts'
import { choicesOf } from '#domain/hold.ts'
import { type BrokenAnswer, recoveryWith } from '#domain/stream-recovery.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Attempt, Call, Target } from '../call.ts'
import type { Handler, Step } from '../pipeline.ts'
import { mayGoOn } from '../may-go-on.ts'
import { type Mover, moveTo } from '../move-to.ts'
import type { Clock } from '../ports.ts'
import { ResumedChunks, type TakeOver } from '../resumed-chunks.ts'

/** So often may one answer break off. */
const mostRecoveries = 2

interface Recoverer extends Mover {
  readonly attempts: Attempts
  readonly attempt: Handler<Attempt, Answer>
}

/**
 * Goes on with a stream that breaks off after its reader has seen some of it, by the rule of stream-recovery.ts: from the
 * text so far, or by another answer that begins with the same text. Stands in the path only of calls that could need it.
 */
export const recover =
  ({ attempts, attempt, ...mover }: Recoverer): Step<Call, Answer> =>
  (next) =>
    function recovered(call) {
      if (!mayRecover(call)) return next(call)
      let recoveriesLeft = mostRecoveries
      const takeOver: TakeOver = async (broken, error, { text, seen }) => {
        const failed = broken.attempt
        attempts.end(failed, error)
        if (call.cancellation.reason) throw call.cancellation.reason
        const told: BrokenAnswer = { ...wishOf(call), code: error.code, seen, recoveriesLeft }
        recoveriesLeft--
        for (const target of successors(call, failed, error)) {
          const how = recoveryWith(told, {
            takesPrefix: target.takesPrefix ?? false,
            isSameModel: target.model === failed.target.model,
          })
          if (how === 'FAIL') continue
          const request = how === 'CONTINUE' ? continuedRequest(call.request, text) : call.request
          try {
            await moveTo(target, { call, ...mover })
            return { how, answer: await attempt(attempts.open(call, target, request)) }
          } catch (thrown) {
            if (!mayGoOn(call, asGatewayError(thrown))) break
          }
        }
        throw call.cancellation.reason ?? error
      }
      return next(call).then((answer) => resumed(answer, { takeOver, clock: mover.clock }))
    }

function resumed(answer: Answer, tools: { takeOver: TakeOver; clock: Clock }): Answer {
  const going = { ...answer }
  return Object.assign(going, { chunks: new ResumedChunks(going, tools) })
}

/** Whether any of its targets could go on with it. */
function mayRecover(call: Call): boolean {
  const { plan, request, route } = call
  if (!request.stream || request.operation !== 'chat' || route?.recovery === 'FAIL') return false
  if (plan.some(({ target }) => target.adapter.config.legacy)) return false
  if (route?.recovery === 'ALIGN' || request.body['temperature'] === 0) return true
  return plan.some(({ target }) => target.takesPrefix)
}

function wishOf({ request, route }: Call) {
  const { temperature } = request.body
  return {
    choices: choicesOf(request.body),
    temperature: typeof temperature === 'number' ? temperature : undefined,
    wanted: route?.recovery,
  }
}

/** Those that come behind it, and then the same target, where asking it again makes sense: it may break at the same place. */
function successors(
  { plan, route }: Call,
  { target }: Attempt,
  { code }: GatewayError,
): readonly Target[] {
  const planned = plan.flatMap((each) => (each.exclusion ? [] : each.target))
  // Where a larger one broke off, those of the plan have said that it is too long for them.
  const order = planned.includes(target) ? planned : (route?.larger ?? [])
  const behind = order.slice(order.indexOf(target) + 1)
  return errorRules[code].mayRetry ? [...behind, target] : behind
}
