import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { defaultTenantId, holds, type Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import type { HostCheck } from './host-check.ts'
import { isForeignPage, isOwnPage } from './origin-check.ts'
import { Refusal } from './refusal.ts'
import type { RequestHandler } from './request-context.ts'
import { allowedMethods, type Route, type RouteTable } from './route-table.ts'

/**
 * Finds out who sends a request; at once, unless it has to be read first.
 *
 * @throws {GatewayError} UNAUTHENTICATED, FORBIDDEN, or RATE_LIMITED after too many failures.
 */
export type Authenticate = (
  headers: Pick<IncomingHttpHeaders, 'authorization' | 'cookie'>,
  clientIp: string | null,
) => Viewer | Promise<Viewer>

/** Whom the server lets in. */
export interface Doorkeeper {
  readonly authenticate: Authenticate
  /** Whether anybody is admitted without a token: then foreign web pages are kept out by their Origin. */
  readonly open: boolean
  /** Who is asking where a path is open to all and no valid token came. */
  readonly anonymous: Viewer
  readonly isOurHost: HostCheck
  /** Whether a Cookie header holds a session, which browsers add by themselves. @default none does */
  readonly hasSession?: (cookie: string | undefined) => boolean
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
  const { GET, POST, DELETE } = route.methods
  const handler =
    method === 'POST'
      ? POST
      : method === 'GET' || method === 'HEAD'
        ? GET
        : method === 'DELETE'
          ? DELETE
          : undefined
  if (handler) return handler
  throw new Refusal(405, 'Method Not Allowed', { headers: ['Allow', allowedMethods(route)] })
}

/** @throws {GatewayError} When the route is not for whoever sent the request. */
export function viewerOf(
  { headers, method, socket }: IncomingMessage,
  { keeper, route, clientIp }: { keeper: Doorkeeper; route: Route; clientIp: string | null },
): Viewer | Promise<Viewer> {
  const changes = method === 'POST' || method === 'DELETE'
  const isOurs = (host: string) => keeper.isOurHost(host, socket.localAddress) === 'ALLOWED'
  if (keeper.open && changes && isForeignPage(headers, isOurs)) {
    const message =
      'Another web site may not use this server without a token: set ROUTER_AUTH_TOKEN and send it.'
    throw new GatewayError('FORBIDDEN', message)
  }
  const bySession = headers.authorization === undefined && keeper.hasSession?.(headers.cookie)
  if (bySession && changes && !isOwnPage(headers)) {
    throw new GatewayError('FORBIDDEN', 'A session may only be used by pages of this server.')
  }
  if (route.access === 'token') {
    const viewer = keeper.authenticate(headers, clientIp)
    return viewer instanceof Promise
      ? viewer.then((read) => permitted(read, route))
      : permitted(viewer, route)
  }
  const unknown = (thrown: unknown): Viewer => {
    if (thrown instanceof GatewayError) return keeper.anonymous
    throw thrown
  }
  try {
    const viewer = keeper.authenticate(headers, clientIp)
    return viewer instanceof Promise ? viewer.catch(unknown) : viewer
  } catch (thrown) {
    return unknown(thrown)
  }
}

/** @throws {GatewayError} FORBIDDEN when the viewer may not do what the route is for. */
function permitted(viewer: Viewer, { needs, ofInstallation }: Route): Viewer {
  if (needs !== undefined && !holds(viewer, needs)) {
    throw new GatewayError('FORBIDDEN', `This needs the scope ${needs}.`, {
      missingScopes: [needs],
    })
  }
  const isWithin = viewer.tenantId !== defaultTenantId || viewer.projectId !== null
  if (ofInstallation && isWithin) {
    throw new GatewayError('FORBIDDEN', 'This is for API keys of the whole default tenant.')
  }
  return viewer
}
