import {
  type CallRule,
  type RequestRule,
  type ResponseRule,
  ruleApplies,
  type RuledCall,
} from '#domain/call-rule.ts'
import { GatewayError } from '#domain/errors.ts'
import { choicesOf } from '#domain/hold.ts'
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
