import type { Allowance } from '#domain/allowance.ts'
import type { ModelRequest } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { demandFor, refuseUnboundedTools } from '#domain/hold.ts'
import type { Hold } from '#domain/request-record.ts'
import type { Demand } from '#domain/reservation.ts'
import type { Target } from './call.ts'
import type { Allowances } from './ports.ts'

/** What has to be set aside for an attempt. */
export interface TargetDemand {
  readonly demand: Demand
  /** Whether its output has to be limited to what is granted. */
  readonly limitsOutput: boolean
}

/**
 * What has to be set aside for an attempt at that target. Where nothing may refuse it is what is charged after a crash.
 *
 * @param applying The allowances that count it.
 * @throws {GatewayError} UNPRICED_MODEL or INVALID_REQUEST where nobody can say what the attempt costs at most, and a
 *   limit may refuse it.
 */
export function demandAt(
  target: Target,
  {
    allowances,
    applying,
    hold,
    request,
  }: {
    allowances: Allowances
    applying: readonly Allowance[]
    hold: Hold
    request: ModelRequest
  },
): TargetDemand {
  const mayRefuse = (unit: Allowance['unit']) =>
    applying.some((each) => each.action === 'BLOCK' && each.unit === unit)
  if (mayRefuse('TICKS')) refuseUnbounded(target, { request, allowances })
  // What costs nothing needs no limit.
  const limitsOutput = mayRefuse('TOKENS') || (mayRefuse('TICKS') && hold.cost !== 0n)
  if (limitsOutput) return { limitsOutput, demand: demandFor(request, target, allowances) }
  const { inputTokens, outputTokens } = hold
  const { price } = target
  return { limitsOutput, demand: { inputTokens, outputTokens, leastOutputTokens: 0, price } }
}

function refuseUnbounded(
  { adapter, model, price }: Target,
  { allowances, request }: { allowances: Allowances; request: ModelRequest },
): void {
  refuseUnboundedTools(request)
  if (price || allowances.allowUnpriced) return
  const provider = adapter.config.name
  throw new GatewayError(
    'UNPRICED_MODEL',
    `Nobody knows the price of ${provider}:${model}, and a blocking budget applies to this call: give it a price, or set allow_unpriced.`,
    { provider, model },
  )
}
