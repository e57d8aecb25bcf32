import type { CallRoute } from '#domain/call-route.ts'
import type { Target } from '#gateway/call.ts'
import type { Routes } from '#gateway/ports.ts'

/** A route to those targets, in their order. */
export function aRoute(
  targets: readonly Target[],
  over: Partial<CallRoute<Target>> = {},
): CallRoute<Target> {
  return {
    name: 'a-route',
    strategy: 'PRIORITY',
    targets,
    larger: [],
    fallBackOn: new Set(),
    recovery: undefined,
    streamGuard: 'NONE',
    ...over,
  }
}

/** Sends every call to those targets. */
export const routesTo = (
  targets: readonly Target[],
  over: Partial<CallRoute<Target>> = {},
): Routes => ({ version: 1, route: () => aRoute(targets, over) })
