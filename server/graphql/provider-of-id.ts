import { GatewayError } from '#domain/errors.ts'
import type { GraphqlContext } from './context.ts'
import { plainId } from './global-id.ts'
import type { ConfiguredProvider } from './sources.ts'

/** The provider with an id of this API. @throws {GatewayError} NOT_FOUND for everything else. */
export function providerOfId(id: string, { services }: GraphqlContext): ConfiguredProvider {
  const name = plainId('Provider', id)
  const provider = name === id ? undefined : services.providers.find(name)
  if (!provider) throw new GatewayError('NOT_FOUND', 'There is no such provider.')
  return provider
}
