import type { AllowanceState } from '#domain/allowance-state.ts'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import type { GraphqlContext } from './context.ts'

export const changerOf = ({ viewer, clientIp }: GraphqlContext): Changer => ({
  viewer,
  ip: clientIp,
})

/** A budget or quota as it stands after a change. @throws {GatewayError} NOT_FOUND if it is gone again already. */
export async function changedAllowance(
  id: string,
  { services, viewer }: GraphqlContext,
): Promise<AllowanceState> {
  const [state] = await services.allowances.find({ ids: [id], reader: viewer })
  if (!state) throw new GatewayError('NOT_FOUND', 'Somebody has deleted it since.')
  return state
}
