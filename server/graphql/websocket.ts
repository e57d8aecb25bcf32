import { randomUUIDv7 } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import { type Context as SocketContext, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import type { Viewer } from '#domain/access.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { asGatewayError } from '#domain/errors.ts'
import type { GraphqlContext, Services } from './context.ts'
import type { Documents } from './documents.ts'
import { exactReviver } from './exact-json.ts'
import { createLiveFeed } from './live-feed.ts'
import { type ErrorLog, presentError, presentErrors } from './present-errors.ts'
import { contextOf } from './request-scope.ts'
import { closeCodes, SocketSession, tooManySubscriptions } from './socket-session.ts'
import { createSubscribe } from './subscribe.ts'
import type { Yoga } from './yoga.ts'

/** A connection that leaves HTTP, before anybody has said who they are. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly clientIp: string | null
}

export interface WebSocketOptions {
  readonly services: Services
  readonly documents: Documents
  readonly yoga: Yoga
  readonly log: ErrorLog
  /** @throws {GatewayError} UNAUTHENTICATED, FORBIDDEN or RATE_LIMITED. */
  readonly authenticate: (authorization: string | undefined, clientIp: string | null) => Viewer | Promise<Viewer>
  /** Whether a page of a foreign site asks: a browser opens sockets to anywhere. */
  readonly isForeignPage: (request: IncomingMessage) => boolean
  readonly maxBodyBytes: number
  /** @default 20 */
  readonly subscriptionsPerSocket?: number | undefined
  /** @default 50 */
  readonly socketsPerKey?: number | undefined
}

export interface WebSocketDoor {
  upgrade(upgrade: Upgrade): void
  /** Closes the sockets of those viewers, within a second. */
  revoke(isRevoked: (viewer: Viewer) => boolean): void
  dispose(): Promise<void>
}

const initMs = 3000
const checkMs = 1000
/** Sockets that have not said who they are. */
const mostUnknown = 500

type Operation = SocketContext<Readonly<Record<string, unknown>>, SocketSession>

/** GraphQL over WebSocket, by the protocol graphql-transport-ws, with the limits of HTTP. */
export function createWebSocketDoor(options: WebSocketOptions): WebSocketDoor {
  const { documents, log, services, subscriptionsPerSocket = 20, socketsPerKey = 50, yoga } = options
  const sessions = new Set<SocketSession>()
  const sessionOf = new WeakMap<GraphqlContext, SocketSession>()
  const subscribe = createSubscribe(documents)
  const feed = createLiveFeed({ documents, subscribe, log })
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxBodyBytes,
    perMessageDeflate: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  })
  const stopChecks = services.clock.every(checkMs, () => {
    for (const session of sessions) session.check(services.clock.now())
  })

  const connect = async ({ connectionParams = {}, extra: session }: Operation): Promise<boolean> => {
    try {
      const given = connectionParams['authorization'] ?? connectionParams['Authorization']
      const viewer =
        typeof given === 'string' || !session.viewer
          ? await options.authenticate(typeof given === 'string' ? given : undefined, session.clientIp)
          : session.viewer
      const others = [...sessions].filter((other) => other !== session && isSameKey(other.viewer, viewer))
      if (others.length >= socketsPerKey) {
        session.close(closeCodes.tryAgainLater, `At most ${socketsPerKey} sockets are open for a key.`)
        return false
      }
      session.isPlayground = connectionParams['surface'] === 'playground'
      session.admit(viewer)
      return true
    } catch (thrown) {
      const { code, cause } = asGatewayError(thrown)
      if (code === 'INTERNAL') log.error({ err: cause }, 'a WebSocket could not be authenticated')
      return false
    }
  }

  const prepare = ({ extra: session, subscriptions }: Operation, operationId: string, payload: SubscribePayload) => {
    const cancellation = new Cancellation()
    const { request, viewer, clientIp } = session
    if (!viewer) throw new Error('an operation before its viewer')
    const requestId = randomUUIDv7()
    const headers = session.isPlayground ? { ...request.headers, 'x-orchestrator-surface': 'playground' } : request.headers
    const connection = { operationId, isLost: () => session.lost }
    const context = contextOf(services, { requestId, viewer, clientIp, headers, cancellation, connection })
    try {
      if (Object.keys(subscriptions).length > subscriptionsPerSocket) throw tooManySubscriptions(subscriptionsPerSocket)
      const enveloped = yoga.getEnveloped({ ...context, params: payload })
      const document = enveloped.parse(payload.query)
      const errors = enveloped.validate(enveloped.schema, document) as readonly GraphQLError[]
      if (errors.length > 0) return errors.map((error) => presentError(error, { requestId, log }))
      session.begin(operationId, cancellation)
      sessionOf.set(context, session)
      const { schema } = enveloped
      const { operationName, variables: variableValues } = payload
      return { schema, document, operationName, variableValues, contextValue: context }
    } catch (thrown) {
      return [presentError(thrown, { requestId, log })]
    }
  }

  const server = makeServer<Readonly<Record<string, unknown>>, SocketSession>({
    connectionInitWaitTimeout: initMs,
    jsonMessageReviver: exactReviver,
    onConnect: connect,
    onSubscribe: prepare,
    execute: (args) => {
      const { contextValue, document, operationName, variableValues } = args
      const operation = documents.operation(document, operationName)
      if (!operation) throw new Error('an operation that cannot be found')
      const refusal = operation.refusal(variableValues)
      if (refusal) return { errors: [refusal] }
      return operation.execute({ context: contextValue as GraphqlContext, variables: variableValues })
    },
    subscribe: (args: ExecutionArgs) => {
      const context = args.contextValue as GraphqlContext
      const session = sessionOf.get(context)
      const id = context.connection?.operationId ?? ''
      const joined = session && feed.join(args, { send: (payload) => session.feed(id, payload) })
      return joined ?? subscribe(args)
    },
    onNext: (_context, _id, _payload, args, result: ExecutionResult) =>
      result.errors && presentErrors(result, { requestId: (args.contextValue as GraphqlContext).requestId, log }),
    onError: ({ extra }, id, _payload, errors) => {
      extra.ended(id)
      return errors.map((error) => (error.extensions['requestId'] ? error : presentError(error, { requestId: randomUUIDv7(), log })))
    },
    onComplete: ({ extra }, id) => extra.ended(id),
  })

  const open = (session: SocketSession) => {
    const { socket } = session
    sessions.add(session)
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) => session.send(data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) =>
          socket.on('message', (data, isBinary) => {
            const text = isBinary ? '' : String(data)
            if (!session.accepts(text)) return
            take(text).catch((err: unknown) => {
              log.error({ err }, 'a WebSocket message failed unexpectedly')
              socket.close(4500, 'Internal server error')
            })
          }),
      },
      session,
    )
    socket.on('pong', () => session.answered(services.clock.now()))
    // A broken frame or one that is too large: ws closes the socket itself.
    socket.on('error', () => {})
    socket.once('close', (code, reason) => {
      session.lost = true
      sessions.delete(session)
      session.abandon()
      void Promise.resolve(closed(code, String(reason))).catch((err: unknown) =>
        log.error({ err }, 'a WebSocket did not close cleanly'),
      )
    })
  }

  const admit = async ({ request, clientIp }: Upgrade): Promise<Viewer | undefined> => {
    const { authorization } = request.headers
    return authorization === undefined ? undefined : options.authenticate(authorization, clientIp)
  }

  return {
    upgrade(given) {
      const { request, socket, head, clientIp } = given
      const unknown = [...sessions].filter(({ viewer }) => !viewer).length
      if (options.isForeignPage(request)) return refuse(socket, '403 Forbidden')
      if (unknown >= mostUnknown) return refuse(socket, '503 Service Unavailable')
      socket.on('error', () => socket.destroy())
      admit(given).then(
        (viewer) =>
          sockets.handleUpgrade(request, socket, head, (webSocket) => {
            const raw = socket as Socket
            const session = new SocketSession(webSocket, { request, raw, clientIp, now: services.clock.now() })
            session.viewer = viewer
            open(session)
          }),
        (thrown: unknown) => refuse(socket, asGatewayError(thrown).code === 'UNAUTHENTICATED' ? '401 Unauthorized' : '403 Forbidden'),
      )
    },
    revoke(isRevoked) {
      for (const session of sessions) {
        if (session.viewer && isRevoked(session.viewer)) session.close(closeCodes.forbidden, 'Forbidden')
      }
    },
    async dispose() {
      stopChecks()
      for (const session of sessions) session.close(closeCodes.goingAway, 'The server is about to stop.')
      sockets.close()
    },
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function isSameKey(one: Viewer | undefined, other: Viewer): boolean {
  return one?.tenantId === other.tenantId && one.apiKeyId === other.apiKeyId
}
