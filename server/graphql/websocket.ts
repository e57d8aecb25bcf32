import { randomUUIDv7 } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { handleProtocols, makeServer } from 'graphql-ws'
import { type RawData, WebSocketServer } from 'ws'
import type { Viewer } from '#domain/access.ts'
import { asGatewayError } from '#domain/errors.ts'
import type { GraphqlContext } from './context.ts'
import { exactReviver } from './exact-json.ts'
import { createLiveFeed } from './live-feed.ts'
import { presentError, presentErrors } from './present-errors.ts'
import {
  type AdmissionOptions,
  admitSockets,
  admitUpgrades,
  type UpgradeOptions,
} from './socket-admission.ts'
import { type OperationOptions, prepareOperations } from './socket-operation.ts'
import { closeCodes, SocketSession } from './socket-session.ts'
import { createSubscribe } from './subscribe.ts'

/** A connection that leaves HTTP, before anybody has said who they are. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly clientIp: string | null
}

export interface WebSocketOptions
  extends
    Omit<AdmissionOptions, 'sessions'>,
    UpgradeOptions,
    Omit<OperationOptions, 'bind' | 'isDraining'> {
  /** Whether a page of a foreign site asks: a browser opens sockets to anywhere. */
  readonly isForeignPage: (request: IncomingMessage) => boolean
  readonly maxBodyBytes: number
}

export interface WebSocketDoor {
  upgrade(upgrade: Upgrade): void
  /** Closes the sockets of those viewers, within a second. */
  revoke(isRevoked: (viewer: Viewer) => boolean): void
  /** Begins to close sockets, those that carry answers when these have ended; resolves when none is open. */
  drain(): Promise<void>
  dispose(): Promise<void>
}

const initMs = 3000
const checkMs = 1000
const drainCheckMs = 50
/** Sockets that have not said who they are. */
const mostUnknown = 500

/** GraphQL over WebSocket, by the protocol graphql-transport-ws, with the limits of HTTP. */
export function createWebSocketDoor(options: WebSocketOptions): WebSocketDoor {
  const { documents, log, services } = options
  const sessions = new Set<SocketSession>()
  let draining = false
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

  const connect = admitSockets({ ...options, sessions })
  const prepare = prepareOperations({
    ...options,
    isDraining: () => draining,
    bind: (context, session) => sessionOf.set(context, session),
  })

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
      return operation.execute({
        context: contextValue as GraphqlContext,
        variables: variableValues,
      })
    },
    subscribe: (args: ExecutionArgs) => {
      const context = args.contextValue as GraphqlContext
      const session = sessionOf.get(context)
      const id = context.connection?.operationId ?? ''
      const joined = session && feed.join(args, { send: (payload) => session.feed(id, payload) })
      return joined ?? subscribe(args)
    },
    onNext: (_context, _id, _payload, args, result: ExecutionResult) =>
      result.errors &&
      presentErrors(result, { requestId: (args.contextValue as GraphqlContext).requestId, log }),
    onError: ({ extra }, id, _payload, errors) => {
      extra.ended(id)
      return errors.map((error) =>
        error.extensions['requestId']
          ? error
          : presentError(error, { requestId: randomUUIDv7(), log }),
      )
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
            const text = isBinary ? '' : textOf(data)
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

  const admit = admitUpgrades(options)

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
            const raw = socket as NetSocket
            const session = new SocketSession(webSocket, {
              request,
              raw,
              clientIp,
              now: services.clock.now(),
            })
            session.viewer = viewer
            open(session)
          }),
        (thrown: unknown) =>
          refuse(
            socket,
            asGatewayError(thrown).code === 'UNAUTHENTICATED'
              ? '401 Unauthorized'
              : '403 Forbidden',
          ),
      )
    },
    revoke(isRevoked) {
      for (const session of sessions) {
        if (session.viewer && isRevoked(session.viewer))
          session.close(closeCodes.forbidden, 'Forbidden')
      }
    },
    drain() {
      draining = true
      return new Promise((resolve) => {
        const stop = services.clock.every(drainCheckMs, () => {
          for (const session of sessions) {
            if (!session.isBusy) session.close(closeCodes.goingAway, 'The server is about to stop.')
          }
          if (sessions.size > 0) return
          stop()
          resolve()
        })
      })
    },
    async dispose() {
      stopChecks()
      for (const session of sessions)
        session.close(closeCodes.goingAway, 'The server is about to stop.')
      sockets.close()
    },
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** A text message; ws hands it out as bytes. */
function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8')
}
