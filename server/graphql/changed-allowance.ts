import type { AllowanceState } from '#domain/allowance-state.ts'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import type { GraphqlContext } from './context.ts'
import { refuseLapsed } from './refuse-lapsed.ts'

/** Who makes a change. @throws {GatewayError} FORBIDDEN for those who may not any more. */
export function changerOf(context: GraphqlContext): Changer {
  refuseLapsed(context)
  return { viewer: context.viewer, ip: context.clientIp }
}

/** A budget or quota as it stands after a change. @throws {GatewayError} NOT_FOUND if it is gone again already. */
export async function changedAllowance(
  id: string,
  { services, viewer }: GraphqlContext,
): Promise<AllowanceState> {
  const [state] = await services.allowances.find({ ids: [id], reader: viewer })
  if (!state) throw new GatewayError('NOT_FOUND', 'Somebody has deleted it since.')
  return state
}
