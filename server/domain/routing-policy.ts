import type { RoutingWish } from './call-route.ts'
import { GatewayError } from './errors.ts'

/** Who may choose among targets by themselves: all (true), nobody (false), or the API keys with those ids. */
export type RoutingOverrides = boolean | readonly string[]

/** @param apiKeyId Null where there is no key: such a viewer is on no list. */
export function mayOverride(overrides: RoutingOverrides, apiKeyId: string | null): boolean {
  if (typeof overrides === 'boolean') return overrides
  return apiKeyId !== null && overrides.includes(apiKeyId.toLowerCase())
}

/**
 * Why a wish is refused to those who may not choose their targets; undefined where it is not. What only ends or refuses
 * a call sooner (`maxCost`, `timeoutMs`) is everybody's own affair.
 */
export function overrideRefusal(wish: RoutingWish | undefined): GatewayError | undefined {
  if (!wish) return undefined
  const { allow, deny, fallbacks, strategy } = wish
  const stated = [
    ...(strategy === undefined ? [] : ['strategy']),
    ...(allow.length > 0 ? ['allow'] : []),
    ...(deny.length > 0 ? ['deny'] : []),
    ...(fallbacks.length > 0 ? ['fallbacks'] : []),
  ]
  if (stated.length === 0) return undefined
  return new GatewayError(
    'FORBIDDEN',
    `The configuration alone decides how your calls are routed: leave ${stated.join(', ')} out of the call's routing (in REST, the headers x-orchestrator-${stated.join(', x-orchestrator-')}).`,
    { missingScopes: [] },
  )
}
