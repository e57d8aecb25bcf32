import type { Scope } from '#domain/access.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { RequestHandler } from './request-context.ts'

/** One path, and what answers it. */
export interface Route {
  /** Exact, or ending in `/*` for every path below. */
  readonly path: string
  /** `token`: only with the token, where there is one. `open`: anybody; a viewer without a valid token has no scopes. */
  readonly access: 'open' | 'token'
  /** What the caller must hold; absent where that depends on more than the path. */
  readonly needs?: Scope
  /** What it tells or changes is the whole installation's: only keys of the default tenant are let through. */
  readonly ofInstallation?: boolean
  readonly methods: Readonly<Partial<Record<'GET' | 'POST' | 'DELETE', RequestHandler>>>
  /** The body of a refusal where this path has a form of its own; else `detail` and `error`. */
  readonly refusal?: (error: GatewayError, requestId: string) => string
}

/** A route as it is looked up: the request's path decides, byte for byte, and nothing is rewritten before. */
export interface RouteTable {
  find(path: string): Route | undefined
}

/** @throws {Error} When two routes have one path. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const exact = new Map<string, Route>()
  const below: { readonly prefix: string; readonly route: Route }[] = []
  for (const route of routes) {
    if (route.path.endsWith('/*')) below.push({ prefix: route.path.slice(0, -1), route })
    else if (exact.has(route.path)) throw new Error(`two routes for ${route.path}`)
    else exact.set(route.path, route)
  }
  return {
    find(path) {
      const route = exact.get(path)
      if (route) return route
      for (const { prefix, route: candidate } of below) {
        if (path.length > prefix.length && path.startsWith(prefix)) return candidate
      }
      return undefined
    },
  }
}

/** The methods of a route, as an Allow header lists them. */
export function allowedMethods({ methods }: Route): string {
  return Object.keys(methods)
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .join(', ')
}
