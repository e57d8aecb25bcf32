import { hash, timingSafeEqual } from 'node:crypto'
import { administrator, type Viewer } from '#domain/access.ts'
import { type KeyToken, parseKeyToken } from '#domain/api-key.ts'
import { GatewayError } from '#domain/errors.ts'
import { createFailedAttempts, type FailedAttempts } from './failed-attempts.ts'
import type { KeyBook } from './key-book.ts'
import type { KnownKey } from './known-key.ts'
import { type Session, type Sessions, sessionCookie } from './session.ts'

/** What a request shows of who sends it; request headers are one. */
export interface Credentials {
  readonly authorization?: string | undefined
  readonly cookie?: string | undefined
}

/** Finds out who is asking. */
export interface Authenticator {
  /** Whether nobody has to say who they are. */
  readonly open: boolean
  /** Who asks where nobody has to say who they are and nothing valid came: they may do nothing, on an open server too. */
  readonly anonymous: Viewer
  /**
   * @returns At once, unless a key has to be read first.
   * @throws {GatewayError} UNAUTHENTICATED (nothing, or nothing that could be a token, or a session that is over),
   *   FORBIDDEN (a wrong token), or RATE_LIMITED for another wrong one after too many.
   */
  authenticate(credentials: Credentials, clientIp: string | null): Viewer | Promise<Viewer>
  /** Begins a session for whoever shows a key or the bootstrap token. @returns The cookie's value. */
  signIn(token: string, clientIp: string | null): Promise<string>
}

export interface AuthenticatorOptions {
  /** ROUTER_AUTH_TOKEN; undefined where there is none. */
  readonly token: string | undefined
  /** Whether the server admits everybody: only where nobody but this machine's users reaches it, and without a token. */
  readonly open: boolean
  /** The row that stands for the token. */
  readonly bootstrapKeyId: string | null
  /** Keys and sessions; without them there is the token alone. */
  readonly keys?: {
    readonly book: Pick<KeyBook, 'known' | 'read' | 'readAgain' | 'used'>
    hashOf(secret: string): string
    readonly sessions: Sessions
  }
  readonly failures?: FailedAttempts
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

/** The characters that a bearer token has by its standard (RFC 6750). */
const tokenCharacters = /^[\w\-.~+/=]+$/

const bootstrap = 'bootstrap'

/** A hash that no secret has: an unknown id takes as long as a wrong secret. */
const nobody = '-'.repeat(43)

/** Lets in by the bootstrap token, by API key, or by session. Secrets are hashed, then compared in constant time. */
export function createAuthenticator({
  token,
  open,
  bootstrapKeyId,
  keys,
  failures = createFailedAttempts(),
  now = () => performance.now(),
}: AuthenticatorOptions): Authenticator {
  const expected = token === undefined ? undefined : hash('sha256', token, 'buffer')
  const isPlain = token === undefined || tokenCharacters.test(token)
  const holder = administrator({ apiKeyId: bootstrapKeyId, displayName: 'router token' })
  const local = administrator({ apiKeyId: null, displayName: 'local' })
  const stranger: Viewer = {
    ...local,
    displayName: 'anonymous',
    scopes: new Set(),
    runsInstallation: false,
  }

  /** @throws {GatewayError} What to say to one more wrong token. */
  const fail = (presented: string, clientIp: string | null): never => {
    const address = clientIp ?? ''
    const waitMs = failures.waitMs(address, now())
    failures.failed(address, now())
    if (waitMs > 0) throw tooMany(waitMs)
    if (isPlain && !tokenCharacters.test(presented)) {
      throw new GatewayError('UNAUTHENTICATED', 'malformed bearer token')
    }
    throw new GatewayError('FORBIDDEN', 'invalid token')
  }

  const isBootstrap = (presented: string) =>
    expected !== undefined && timingSafeEqual(hash('sha256', presented, 'buffer'), expected)

  const admit = (key: KnownKey | null, { shown }: { shown: string }): Viewer | undefined => {
    const at = now()
    const isCurrent = equal(shown, key?.row.secretHash)
    const isPrevious = equal(shown, key?.row.previousSecretHash)
    if (!key || (!isCurrent && !(isPrevious && at < key.previousUntil))) return undefined
    if (!key.isUsable(at)) throw over(key)
    keys?.book.used(key.row.id)
    return isCurrent ? key.viewer : key.previousViewer
  }

  const byKey = (
    { publicId, secret }: KeyToken,
    { presented, clientIp }: { presented: string; clientIp: string | null },
  ): Viewer | Promise<Viewer> => {
    if (!keys) return fail(presented, clientIp)
    const shown = keys.hashOf(secret)
    const known = keys.book.known(publicId)
    const admitted = known === undefined ? undefined : admit(known, { shown })
    if (admitted) return admitted
    const { book } = keys
    const read = known === undefined ? book.read(publicId) : book.readAgain(publicId)
    return read
      ? read.then((key) => admit(key, { shown }) ?? fail(presented, clientIp))
      : fail(presented, clientIp)
  }

  const byToken = (presented: string, clientIp: string | null): Viewer | Promise<Viewer> => {
    if (isBootstrap(presented)) {
      if (bootstrapKeyId !== null) keys?.book.used(bootstrapKeyId)
      return holder
    }
    const key = parseKeyToken(presented)
    return key ? byKey(key, { presented, clientIp }) : fail(presented, clientIp)
  }

  const bySession = (
    session: Session,
    { book, sessions }: NonNullable<AuthenticatorOptions['keys']>,
  ): Viewer | Promise<Viewer> => {
    if (session.publicId === bootstrap) {
      const mark = expected && sessions.markOf(expected.toString('base64url'))
      if (mark !== session.mark) throw signedOut()
      if (bootstrapKeyId !== null) book.used(bootstrapKeyId)
      return holder
    }
    const enter = (key: KnownKey | null): Viewer => {
      const at = now()
      if (!key?.isUsable(at)) throw signedOut()
      const { id, secretHash, previousSecretHash } = key.row
      book.used(id)
      const isOf = (secret: string | null) =>
        secret !== null && sessions.markOf(secret) === session.mark
      if (isOf(secretHash)) return key.viewer
      if (at < key.previousUntil && isOf(previousSecretHash)) return key.previousViewer
      throw signedOut()
    }
    const known = book.known(session.publicId)
    return known === undefined ? book.read(session.publicId).then(enter) : enter(known)
  }

  return {
    open,
    anonymous: stranger,
    authenticate({ authorization, cookie }, clientIp) {
      if (authorization === undefined && cookie?.includes(sessionCookie) && keys) {
        const session = keys.sessions.read(cookie)
        if (session) return bySession(session, keys)
        if (!open) throw signedOut()
      }
      const presented = bearerToken(authorization)
      // Clients that need no token here send whatever they are made to send; only a key is meant.
      if (open && !presented?.startsWith('ao_')) return local
      if (presented === undefined) throw new GatewayError('UNAUTHENTICATED', 'missing bearer token')
      return byToken(presented, clientIp)
    },
    async signIn(presented, clientIp) {
      if (!keys) throw new GatewayError('NOT_FOUND', 'There are no sessions here.')
      await byToken(presented, clientIp)
      if (expected && isBootstrap(presented)) {
        return keys.sessions.begin(bootstrap, expected.toString('base64url'))
      }
      const key = parseKeyToken(presented)
      return keys.sessions.begin(key?.publicId ?? '', keys.hashOf(key?.secret ?? ''))
    },
  }
}

/** In constant time. */
function equal(shown: string, stored: string | null | undefined): boolean {
  const expected = Buffer.from(stored ?? nobody)
  const given = Buffer.from(shown)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function bearerToken(authorization: string | undefined): string | undefined {
  const match =
    authorization === undefined ? undefined : /^bearer[ \t]+(\S.*)$/i.exec(authorization)
  return match?.[1]?.trim() || undefined
}

/** Only whoever has the secret is told. */
function over({ row }: KnownKey): GatewayError {
  return new GatewayError(
    'FORBIDDEN',
    row.isRevoked ? 'This API key was revoked.' : 'This API key has expired.',
  )
}

function signedOut(): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'The session is over; sign in again.')
}

function tooMany(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1000)
  return new GatewayError(
    'RATE_LIMITED',
    `Too many wrong tokens from this address; try again in ${seconds} s.`,
    { retryAfterMs: waitMs },
  )
}
