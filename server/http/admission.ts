import type { IncomingMessage } from 'node:http'
import type { Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import type { HostCheck } from './host-check.ts'
import { isForeignPage } from './origin-check.ts'
import { Refusal } from './refusal.ts'
import type { RequestHandler } from './request-context.ts'
import { allowedMethods, type Route, type RouteTable } from './route-table.ts'

/**
 * Finds out who sends a request.
 *
 * @param authorization The Authorization header.
 * @throws {GatewayError} UNAUTHENTICATED, FORBIDDEN, or RATE_LIMITED after too many failures.
 */
export type Authenticate = (authorization: string | undefined, clientIp: string | null) => Viewer

/** Whom the server lets in. */
export interface Doorkeeper {
  readonly authenticate: Authenticate
  /** Whether anybody is admitted without a token: then foreign web pages are kept out by their Origin. */
  readonly open: boolean
  /** Who is asking where a path is open to all and no valid token came. */
  readonly anonymous: Viewer
  readonly isOurHost: HostCheck
}

/** @throws {Refusal} When the request is not addressed to this server. */
export function checkHost(
  { headers, rawHeaders, socket }: IncomingMessage,
  isOurHost: HostCheck,
): void {
  const verdict = isOurHost(headers.host, socket.localAddress)
  if (verdict === 'MALFORMED' || hasTwoHosts(rawHeaders)) {
    throw new Refusal(400, 'the Host header is missing or malformed')
  }
  if (verdict === 'FOREIGN') {
    const remedy = 'if it is one, add it to ORCHESTRATOR_ALLOWED_HOSTS'
    throw new Refusal(421, `${headers.host} is not a host of this server; ${remedy}`)
  }
}

function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

/** The path of a request target, as it was sent. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/**
 * Says why no route has this path.
 *
 * @throws {Refusal} 307 to the path without its last slash where that is a route, 400 for a path that tries to be
 *   read in two ways, else 404.
 */
export function refusePath({ url = '', headers }: IncomingMessage, table: RouteTable): never {
  const path = pathOf(url)
  const shorter = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : ''
  if (table.find(shorter)) {
    const location = `http://${headers.host}${shorter}${url.slice(path.length)}`
    throw new Refusal(307, `moved to ${shorter}`, { headers: ['Location', location] })
  }
  if (!path.startsWith('/') || /%(?:2f|5c|00|(?![\da-f]{2}))/i.test(path)) {
    throw new Refusal(400, 'the path is malformed: it holds an encoded slash or a broken escape')
  }
  throw new Refusal(404, 'Not Found', { code: 'NOT_FOUND' })
}

/** @throws {Refusal} 405 when the route does not have the method; HEAD goes where GET goes. */
export function handlerOf(route: Route, method: string | undefined): RequestHandler {
  const { GET, POST } = route.methods
  const handler = method === 'POST' ? POST : method === 'GET' || method === 'HEAD' ? GET : undefined
  if (handler) return handler
  throw new Refusal(405, 'Method Not Allowed', { headers: ['Allow', allowedMethods(route)] })
}

/** @throws {GatewayError} When the route is not for whoever sent the request. */
export function viewerOf(
  { headers, method, socket }: IncomingMessage,
  { keeper, route, clientIp }: { keeper: Doorkeeper; route: Route; clientIp: string | null },
): Viewer {
  const isOurs = (host: string) => keeper.isOurHost(host, socket.localAddress) === 'ALLOWED'
  if (keeper.open && method === 'POST' && isForeignPage(headers, isOurs)) {
    const message =
      'Another web site may not use this server without a token: set ROUTER_AUTH_TOKEN and send it.'
    throw new GatewayError('FORBIDDEN', message)
  }
  if (route.access === 'token') return keeper.authenticate(headers.authorization, clientIp)
  try {
    return keeper.authenticate(headers.authorization, clientIp)
  } catch (thrown) {
    if (thrown instanceof GatewayError) return keeper.anonymous
    throw thrown
  }
}
