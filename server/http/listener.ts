import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Viewer } from '#domain/access.ts'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import { checkHost, type Doorkeeper, handlerOf, pathOf, refusePath, viewerOf } from './admission.ts'
import { writeEarlyAnswer } from './answer.ts'
import { answerClientError } from './client-error.ts'
import { type ClientIp, createClientIp } from './client-ip.ts'
import { createDrain } from './drain.ts'
import { errorAnswer } from './error-answer.ts'
import { createRouteTable, type Route } from './route-table.ts'
import { type HeadListener, StampedResponse } from './stamped-response.ts'

/** Is told what comes and goes; must not throw and must not wait. */
export interface HttpObserver {
  received(request: IncomingMessage, response: StampedResponse): void
  readonly answered: HeadListener
  /** Nobody expected this; the caller was answered with a 500 that hides it. */
  crashed(thrown: unknown, response: StampedResponse): void
}

/** A connection that leaves HTTP, before anybody has said who they are. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly clientIp: string | null
}

export interface HttpServerOptions extends Doorkeeper {
  readonly routes: readonly Route[]
  readonly observer: HttpObserver
  /** @default the peer of the connection */
  readonly clientIpOf?: ClientIp
  /** Who takes WebSockets over, by path; each has passed the Host check. */
  readonly upgrades?: ReadonlyMap<string, (upgrade: Upgrade) => void>
  /** Longest time for a request's head, in milliseconds. @default 10_000 */
  readonly headersTimeoutMs?: number
}

export interface HttpServer {
  readonly server: Server
  /** Whether it is about to stop: no new calls. */
  readonly draining: boolean
  /** @throws {Error} EADDRINUSE and the like. */
  listen(port: number, host: string): Promise<AddressInfo>
  /**
   * Stops accepting, waits for running answers, then cuts what is left after `graceMs`.
   *
   * @returns Whether everything ended by itself.
   */
  drain(graceMs: number): Promise<boolean>
}

/** The largest request head that is read, in bytes. */
const maxHeaderSize = 32_768

/** How much of an answer may wait for its caller before whoever writes is told to wait. */
const waitingBytes = 16_384

/** Sends each request to whoever owns its path. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { headersTimeoutMs = 10_000, isOurHost, observer, upgrades = new Map() } = options
  const { clientIpOf = createClientIp([]) } = options
  const table = createRouteTable(options.routes)
  let draining = false

  const answer = (request: IncomingMessage, response: StampedResponse) => {
    response.onHead = observer.answered
    observer.received(request, response)
    let route: Route | undefined
    try {
      if (draining) response.shouldKeepAlive = false
      checkHost(request, isOurHost)
      route = table.find(pathOf(request.url ?? '')) ?? refusePath(request, table)
      response.route = route.path
      const handler = handlerOf(route, request.method)
      const clientIp = clientIpOf(request)
      const { requestId: id, startedAt } = response
      const found = viewerOf(request, { keeper: options, route, clientIp })
      if (draining && route.access === 'token') throw leaving()
      const hand = (viewer: Viewer) => {
        // Who hung up while their key was read waits for nothing.
        if (!response.destroyed)
          return handler(request, response, { id, viewer, clientIp, startedAt })
      }
      const done = found instanceof Promise ? found.then(hand) : hand(found)
      if (done)
        done.then(undefined, (thrown: unknown) => refuse(thrown, { request, response, route }))
    } catch (thrown) {
      refuse(thrown, { request, response, route })
    }
  }

  const refuse = (
    thrown: unknown,
    {
      request,
      response,
      route,
    }: { request: IncomingMessage; response: StampedResponse; route: Route | undefined },
  ) => {
    const error = asGatewayError(thrown)
    if (error.unexpected) observer.crashed(error.cause ?? error, response)
    if (response.writableEnded) return
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    const { status, headers, body } = errorAnswer(error, { requestId: response.requestId })
    const own = route?.refusal?.(error, response.requestId)
    writeEarlyAnswer(request, response, { status, headers, body: own ?? body })
  }

  const server = createServer(
    {
      ServerResponse: StampedResponse,
      maxHeaderSize,
      highWaterMark: waitingBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 120_000,
      connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
      keepAliveTimeout: 65_000,
      requireHostHeader: false,
      shouldUpgradeCallback: ({ url = '', headers }) =>
        headers.upgrade?.toLowerCase() === 'websocket' && upgrades.has(pathOf(url)),
    },
    answer,
  )
  const drain = createDrain(server)
  server.on('checkContinue', (request: IncomingMessage, response: StampedResponse) => {
    response.writeContinue()
    answer(request, response)
  })
  server.on('clientError', answerClientError)
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const owner = upgrades.get(pathOf(request.url ?? ''))
    try {
      if (!owner || draining) throw leaving()
      checkHost(request, isOurHost)
      owner({ request, socket, head, clientIp: clientIpOf(request) })
    } catch (thrown) {
      const { status } = asGatewayError(thrown)
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    }
  })

  return {
    server,
    get draining() {
      return draining
    },
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve(server.address() as AddressInfo)
        })
      }),
    drain(graceMs) {
      draining = true
      return drain(graceMs)
    },
  }
}

function leaving(): GatewayError {
  return new GatewayError('OVERLOADED', 'The server is about to stop; try again.', {
    retryAfterMs: 1000,
  })
}
