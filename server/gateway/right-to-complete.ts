import { holds, type Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import type { Rights } from './ports.ts'

/** Why a viewer may make no call at all; undefined where they may. */
export function lackOfRight(viewer: Viewer, rights: Rights | undefined): GatewayError | undefined {
  if (!holds(viewer, 'complete')) {
    return new GatewayError('FORBIDDEN', 'This needs the scope complete.', {
      missingScopes: ['complete'],
    })
  }
  if (rights?.upholds(viewer) !== false) return undefined
  return new GatewayError('FORBIDDEN', 'Your API key has lost its rights meanwhile.')
}
