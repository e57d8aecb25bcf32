import { scopesOf } from './access-role.ts'
import { holds, type Scope, type Viewer } from './access.ts'
import type { KeyGrant } from './api-key.ts'
import { lowerPriority } from './call-priority.ts'
import { GatewayError } from './errors.ts'
import { covers } from './model-pattern.ts'

/**
 * Nobody grants more than they have: checked of what a key may do before a change (whoever rotates a key has its
 * secret) and after it.
 *
 * @throws {GatewayError} FORBIDDEN, with the scopes that the maker lacks. NOT_FOUND for a tenant out of reach: that it
 *   exists is nobody's business.
 */
export function refuseExcess(grant: KeyGrant, maker: Viewer): void {
  refuseOutOfReach(grant, maker)
  const missing = scopesOf[grant.role].filter((scope) => !holds(maker, scope))
  if (missing.length > 0) {
    throw new GatewayError(
      'FORBIDDEN',
      `The role ${grant.role} has scopes that you lack: ${missing.join(', ')}.`,
      { missingScopes: missing },
    )
  }
  if (!covers(maker.allowedModels, grant.allowedModels)) {
    throw refused('The key would be allowed models that you are not allowed.')
  }
  if (!holds(maker, 'admin') && lowerPriority(grant.priority, maker.priority) !== grant.priority) {
    throw refused(`The key would have the priority ${grant.priority}, and yours is lower.`)
  }
}

/** @throws {GatewayError} NOT_FOUND for another tenant's key, FORBIDDEN for one beyond the maker's project. */
export function refuseOutOfReach(
  { tenantId, projectId }: Pick<KeyGrant, 'tenantId' | 'projectId'>,
  maker: Viewer,
): void {
  if (!reaches(maker, tenantId)) throw new GatewayError('NOT_FOUND', 'There is no such tenant.')
  if (maker.projectId !== null && maker.projectId !== projectId) {
    throw refused('Your key is of one project: it can manage keys of that project only.')
  }
}

/** Whether a viewer may manage what belongs to a tenant. */
export function reaches({ tenantId, runsInstallation }: Viewer, other: string): boolean {
  return runsInstallation || other === tenantId
}

/** @throws {GatewayError} FORBIDDEN with the scope. */
export function requireScope(viewer: Viewer, scope: Scope): void {
  if (holds(viewer, scope)) return
  throw new GatewayError('FORBIDDEN', `This needs the scope ${scope}.`, { missingScopes: [scope] })
}

function refused(message: string): GatewayError {
  return new GatewayError('FORBIDDEN', message, { missingScopes: [] })
}
