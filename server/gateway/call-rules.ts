import {
  type CallRule,
  type RequestRule,
  type ResponseRule,
  ruleApplies,
  type RuledCall,
} from '#domain/call-rule.ts'
import { GatewayError } from '#domain/errors.ts'
import { choicesOf } from '#domain/hold.ts'
import { type PlannedRule, plannedRules } from '#domain/planned-rule.ts'
import { applyRequestRules } from '#domain/ruled-request.ts'
import type { Call } from './call.ts'

/** The rules in force; asked by every call, so it must cost nothing. */
export type RulesInForce = () => readonly CallRule[]

/** Those that are for a call that knows its route; undefined where none is. */
export function rulesFor(call: Call, all: readonly CallRule[]): readonly CallRule[] | undefined {
  if (all.length === 0) return undefined
  const ruled = ruledCall(call)
  const applying = all.filter((rule) => ruleApplies(rule, ruled))
  return applying.length > 0 ? applying : undefined
}

export const isRequestRule = (rule: CallRule): rule is RequestRule => rule.on === 'REQUEST'
export const isResponseRule = (rule: CallRule): rule is ResponseRule => rule.on === 'RESPONSE'

/** Why rules cannot be applied to the answer of a call; undefined where they can. */
export function unrulable(
  { request }: Call,
  [first]: readonly ResponseRule[],
): GatewayError | undefined {
  if (!first || request.operation !== 'chat' || choicesOf(request.body) === 1) return undefined
  const message = `A rule of this gateway (${first.name}) looks at each answer, and at one choice of it only: ask with n: 1.`
  return new GatewayError('INVALID_REQUEST', message, {
    issues: [{ path: ['n'], message: 'must be 1' }],
  })
}

/** What rules would do to a call. */
export interface PreviewedRules {
  readonly rules: readonly PlannedRule[]
  /** Why it would be refused; undefined: it would not. */
  readonly refusal: GatewayError | undefined
}

/** Says what rules would do to a call, which then is as they leave it; undefined where none is for it. */
export function previewRules(
  call: Call,
  rules: RulesInForce | undefined,
): PreviewedRules | undefined {
  const applying = rules && rulesFor(call, rules())
  if (!applying) return undefined
  try {
    const { effects, refusal, request } = applyRequestRules(
      applying.filter(isRequestRule),
      call.request,
    )
    call.request = request
    const answers = applying.filter(isResponseRule)
    return {
      rules: plannedRules(applying, effects),
      refusal: refusal ?? unrulable(call, answers),
    }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    return { rules: [], refusal: thrown }
  }
}

function ruledCall({ request, route, viewer }: Call): RuledCall {
  const { fallbacks = [], larger = [], targets = [] } = route ?? {}
  return {
    tenantId: viewer.tenantId,
    apiKeyId: viewer.apiKeyId,
    model: request.model,
    targets: [...targets, ...fallbacks, ...larger].map(({ adapter, model }) => ({
      provider: adapter.config.name,
      model,
    })),
  }
}
