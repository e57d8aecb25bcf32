import { GatewayError } from '#domain/errors.ts'
import type { GraphqlContext } from './context.ts'

/**
 * Refuses whoever has lost a right since they were let in: bodies may come slowly, sockets stay open, and the changes of
 * one mutation are made one after another.
 *
 * @throws {GatewayError} FORBIDDEN.
 */
export function refuseLapsed({
  services,
  viewer,
}: Pick<GraphqlContext, 'services' | 'viewer'>): void {
  if (services.rights?.upholds(viewer) !== false) return
  throw new GatewayError('FORBIDDEN', 'Your API key has lost its rights meanwhile.', {
    missingScopes: [],
  })
}
