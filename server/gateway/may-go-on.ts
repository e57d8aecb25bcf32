import type { GatewayError } from '#domain/errors.ts'
import { mayFallBack } from '#domain/retry-rule.ts'
import type { Call } from './call.ts'

/** Whether another target may answer in place of the one that failed so. */
export function mayGoOn(call: Call, { code, details }: GatewayError): boolean {
  const isTooLate = call.cancellation.reason !== undefined
  if (mayFallBack({ code, isTooLate }, call.route?.fallBackOn)) return true
  // A limit on one provider or model is no limit on the others.
  const scope = details.allowance?.allowance.scope.kind
  const isElsewhere = scope === 'PROVIDER' || scope === 'MODEL' || details.rateLimit?.ofProvider
  return !isTooLate && isElsewhere === true
}
