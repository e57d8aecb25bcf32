import { RuledAnswer } from '#domain/ruled-answer.ts'
import { applyRequestRules, type RuledRequest } from '#domain/ruled-request.ts'
import type { Answer, Call } from '../call.ts'
import {
  isRequestRule,
  isResponseRule,
  type RulesInForce,
  rulesFor,
  unrulable,
} from '../call-rules.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver } from '../ports.ts'
import { RuledChunks } from '../ruled-chunks.ts'

interface Transformer {
  /** @default there are none */
  readonly rules?: RulesInForce | undefined
  readonly observer: CallObserver
}

/**
 * Rewrites the call by the rules that are for it, or refuses it: before anything is set aside, which must bound what is
 * sent. Rules for answers then stand in the path of its chunks; where there are none, nothing does.
 */
export const transform =
  ({ rules, observer }: Transformer): Step<Call, Answer> =>
  (next) =>
    rules
      ? async function transformed(call) {
          const applying = rulesFor(call, rules())
          if (!applying) return next(call)
          const responseRules = applying.filter(isResponseRule)
          applyTo(call, applyRequestRules(applying.filter(isRequestRule), call.request), observer)
          const reason = unrulable(call, responseRules)
          if (reason) throw reason
          const answer = await next(call)
          if (responseRules.length === 0 || call.request.operation !== 'chat') return answer
          const ruled = new RuledAnswer(responseRules, (effect) => observer.ruleActed?.(effect))
          // The same answer: whoever goes on with it after a break changes its attempt.
          return Object.assign(answer, { chunks: new RuledChunks(answer, ruled) })
        }
      : next

/** @throws {GatewayError} Where a rule refuses the call. */
function applyTo(
  call: Call,
  { effects, metadata, refusal, request }: RuledRequest,
  observer: CallObserver,
): void {
  for (const effect of effects) if (effect.count > 0) observer.ruleActed?.(effect)
  if (Object.keys(metadata).length > 0)
    call.opening = { ...call.opening, metadata: { ...call.opening.metadata, ...metadata } }
  call.request = request
  if (refusal) throw refusal
}
