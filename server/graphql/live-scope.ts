import type { Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import type { LiveScope, LiveScopeKind } from '#events/live-scope.ts'
import { plainId } from './global-id.ts'

export interface ScopeChoice {
  readonly kind: LiveScopeKind
  readonly value: string
}

/**
 * The scope that is meant; all of the viewer's tenant by default.
 *
 * @throws {GatewayError} NOT_FOUND for another tenant.
 */
export function liveScope(choice: ScopeChoice | null | undefined, { tenantId }: Viewer): LiveScope {
  if (!choice) return { tenantId, kind: 'TENANT', value: '' }
  const { kind, value } = choice
  switch (kind) {
    case 'TENANT':
      if (plainId('Tenant', value) !== tenantId)
        throw new GatewayError('NOT_FOUND', 'There is no such tenant.')
      return { tenantId, kind, value: '' }
    case 'PROJECT':
      return { tenantId, kind, value: plainId('Project', value) }
    case 'API_KEY':
      return { tenantId, kind, value: plainId('ApiKey', value) }
    case 'PROVIDER':
      return { tenantId, kind, value: plainId('Provider', value) }
    case 'MODEL':
    case 'END_USER':
    case 'CLIENT_IP':
      return { tenantId, kind, value }
  }
}
