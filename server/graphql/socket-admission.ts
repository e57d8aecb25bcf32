import type { IncomingMessage } from 'node:http'
import type { Context as SocketContext } from 'graphql-ws'
import type { Viewer } from '#domain/access.ts'
import { asGatewayError } from '#domain/errors.ts'
import type { ErrorLog } from './present-errors.ts'
import { closeCodes, type SocketSession } from './socket-session.ts'

/** @throws {GatewayError} UNAUTHENTICATED, FORBIDDEN or RATE_LIMITED. */
export type Authenticate = (
  credentials: {
    readonly authorization?: string | undefined
    readonly cookie?: string | undefined
  },
  clientIp: string | null,
) => Viewer | Promise<Viewer>

/** What graphql-ws knows of a socket. */
export type Socket = SocketContext<Readonly<Record<string, unknown>>, SocketSession>

export interface UpgradeOptions {
  readonly authenticate: Authenticate
  /** Whether a session comes with the request, from a page of this server. @default none does */
  readonly bringsSession?: ((request: IncomingMessage) => boolean) | undefined
}

/**
 * Answers the upgrade: who the client is, where it says so already; undefined where `connection_init` has to tell.
 */
export function admitUpgrades({ authenticate, bringsSession }: UpgradeOptions) {
  return async ({
    request,
    clientIp,
  }: {
    request: IncomingMessage
    clientIp: string | null
  }): Promise<Viewer | undefined> => {
    const { authorization, cookie } = request.headers
    if (authorization !== undefined) return authenticate({ authorization }, clientIp)
    if (!bringsSession?.(request)) return undefined
    try {
      return await authenticate({ cookie }, clientIp)
    } catch (thrown) {
      // A session that is over counts for nothing: the client may still say who it is.
      if (asGatewayError(thrown).code === 'UNAUTHENTICATED') return undefined
      throw thrown
    }
  }
}

export interface AdmissionOptions {
  readonly authenticate: Authenticate
  readonly log: ErrorLog
  /** @default 50 */
  readonly socketsPerKey?: number | undefined
  readonly sessions: ReadonlySet<SocketSession>
}

/** Answers `connection_init`: whether the client is who it says, and has not too many sockets already. */
export function admitSockets({
  authenticate,
  log,
  socketsPerKey = 50,
  sessions,
}: AdmissionOptions) {
  return async ({ connectionParams = {}, extra: session }: Socket): Promise<boolean> => {
    try {
      const given = connectionParams['authorization'] ?? connectionParams['Authorization']
      const viewer =
        typeof given === 'string' || !session.viewer
          ? await authenticate(
              typeof given === 'string' ? { authorization: given } : {},
              session.clientIp,
            )
          : session.viewer
      const others = [...sessions].filter(
        (other) => other !== session && isSameKey(other.viewer, viewer),
      )
      if (others.length >= socketsPerKey) {
        session.close(
          closeCodes.tryAgainLater,
          `At most ${socketsPerKey} sockets are open for a key.`,
        )
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
}

function isSameKey(one: Viewer | undefined, other: Viewer): boolean {
  return one?.tenantId === other.tenantId && one.apiKeyId === other.apiKeyId
}
