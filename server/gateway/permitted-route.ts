import type { CallRoute } from '#domain/call-route.ts'
import { GatewayError } from '#domain/errors.ts'
import { holdFor } from '#domain/hold.ts'
import { allowsModel, matchesModel } from '#domain/model-pattern.ts'
import { overrideRefusal } from '#domain/routing-policy.ts'
import type { Call, Target } from './call.ts'
import type { Routes, RoutingPolicy } from './ports.ts'

/**
 * Where a call may be served: the route of its name and the fallbacks that it wishes for, each without the targets that
 * its API key may not use. A wish opens nothing: every fallback is judged as if it had been asked for by itself.
 *
 * @throws {GatewayError} INVALID_REQUEST or MODEL_NOT_FOUND where a name leads nowhere; FORBIDDEN where the key may use
 *   nothing of it, or not choose its routing.
 */
export function permittedRoute(
  call: Call,
  { routes, routingPolicy }: { routes: Routes; routingPolicy?: RoutingPolicy | undefined },
): CallRoute<Target> {
  const { request, routing, viewer } = call
  const forbidden = overrideRefusal(routing)
  if (forbidden && routingPolicy?.mayOverride(viewer) === false) throw forbidden
  const route = routes.route(call)
  const own = permitted(route.targets, { model: request.model, call })
  if (own.length === 0) throw notAllowed(request.model)
  const larger = wished(permitted(route.larger, { model: request.model, call }), call)
  const isWhole = own === route.targets && larger === route.larger
  const of = isWhole ? route : { ...route, targets: own, larger }
  if (!routing || routing.fallbacks.length === 0) return of
  return { ...of, fallbacks: fallbacksOf(call, { own, routes, names: routing.fallbacks }) }
}

/** All where the name that was asked for is allowed itself, else those that are. */
function permitted(
  targets: readonly Target[],
  { model, call }: { model: string; call: Call },
): readonly Target[] {
  const { allowedModels } = call.viewer
  if (allowsModel(allowedModels, model)) return targets
  return targets.filter((target) => allowsModel(allowedModels, nameOf(target)))
}

/** Without those that the call itself rules out: of these targets nobody asks that again before they are called. */
function wished(
  targets: readonly Target[],
  { request, routing }: Pick<Call, 'request' | 'routing'>,
): readonly Target[] {
  if (!routing || targets.length === 0) return targets
  const { allow, deny, maxCost } = routing
  return targets.filter((target) => {
    const name = nameOf(target)
    const { cost } = holdFor(request, target)
    const isCheapEnough = maxCost === null || (cost !== null && cost <= maxCost)
    const isDenied = deny.some((pattern) => matchesModel(pattern, name))
    return isCheapEnough && !isDenied && allowsModel(allow, name)
  })
}

/** Each target once, and none that is asked before the fallbacks anyway. */
function fallbacksOf(
  call: Call,
  { names, own, routes }: { names: readonly string[]; own: readonly Target[]; routes: Routes },
): readonly Target[] {
  const known = new Set(own.map(nameOf))
  return names.flatMap((model) => {
    const targets = permitted(targetsOf(call, { model, routes }), { model, call })
    if (targets.length === 0) throw notAllowed(model, 'leave it out of the fallbacks')
    const added = targets.filter((target) => !known.has(nameOf(target)))
    for (const target of added) known.add(nameOf(target))
    return added
  })
}

function targetsOf(
  call: Call,
  { model, routes }: { model: string; routes: Routes },
): readonly Target[] {
  try {
    const request = { ...call.request, model }
    return routes.route({ ...call, request, routing: undefined }).targets
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    const message = `The fallback ${model} leads nowhere. ${thrown.message}`
    throw new GatewayError(thrown.code, message, { model, cause: thrown })
  }
}

const nameOf = ({ adapter, model }: Target): string => `${adapter.config.name}:${model}`

function notAllowed(model: string, remedy?: string): GatewayError {
  const message = `Your API key may not use the model ${model}${remedy ? `: ${remedy}` : ''}.`
  return new GatewayError('FORBIDDEN', message, { model, missingScopes: [] })
}
