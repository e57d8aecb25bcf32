import { hash, timingSafeEqual } from 'node:crypto'
import { administrator, type Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import { createFailedAttempts, type FailedAttempts } from './failed-attempts.ts'

/** Finds out who is asking. */
export interface TokenAuth {
  /** Whether anybody may ask: no token is set. */
  readonly open: boolean
  /** Who asks where nobody has to say who they are and no valid token came: all on an open server, else nothing. */
  readonly anonymous: Viewer
  /**
   * @param authorization An Authorization header, or `Bearer <token>` from wherever else a token may come.
   * @throws {GatewayError} UNAUTHENTICATED (none, or nothing that could be a token), FORBIDDEN (a wrong one), or
   *   RATE_LIMITED after too many wrong ones.
   */
  authenticate(authorization: string | undefined, clientIp: string | null): Viewer
}

export interface TokenAuthOptions {
  /** ROUTER_AUTH_TOKEN; empty or undefined admits everybody. */
  readonly token: string | undefined
  /** The row that stands for the token. */
  readonly apiKeyId: string | null
  readonly failures?: FailedAttempts
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

/** The characters that a bearer token has by its standard (RFC 6750). */
const tokenCharacters = /^[\w\-.~+/=]+$/

/** Addresses that have shown the token: those wait for nobody else's failures. */
const maxKnown = 10_000

/** One shared token for all, v0.7.2's way. What arrives is hashed before it is compared, in constant time. */
export function createTokenAuth({
  token: given,
  apiKeyId,
  failures = createFailedAttempts(),
  now = () => performance.now(),
}: TokenAuthOptions): TokenAuth {
  const token = given?.trim() ?? ''
  if (token === '') {
    const local = administrator({ apiKeyId: null, displayName: 'local' })
    return { open: true, anonymous: local, authenticate: () => local }
  }

  const expected = hash('sha256', token, 'buffer')
  const isPlain = tokenCharacters.test(token)
  const holder = administrator({ apiKeyId, displayName: 'router token' })
  const anonymous: Viewer = {
    ...administrator({ apiKeyId: null, displayName: 'anonymous' }),
    scopes: new Set(),
    runsInstallation: false,
  }
  const known = new Set<string>()

  const authenticate = (authorization: string | undefined, clientIp: string | null): Viewer => {
    const presented = bearerToken(authorization)
    const address = clientIp ?? ''
    const waitMs = known.has(address) ? 0 : failures.waitMs(address, now())
    if (waitMs > 0) throw tooMany(waitMs)
    if (timingSafeEqual(hash('sha256', presented, 'buffer'), expected)) {
      if (known.size < maxKnown) known.add(address)
      return holder
    }
    const stillWaitMs = failures.waitMs(address, now())
    failures.failed(address, now())
    if (stillWaitMs > 0) throw tooMany(stillWaitMs)
    if (isPlain && !tokenCharacters.test(presented)) {
      throw new GatewayError('UNAUTHENTICATED', 'malformed bearer token')
    }
    throw new GatewayError('FORBIDDEN', 'invalid token')
  }
  return { open: false, anonymous, authenticate }
}

/** @throws {GatewayError} UNAUTHENTICATED when there is none. */
function bearerToken(authorization: string | undefined): string {
  const match =
    authorization === undefined ? undefined : /^bearer[ \t]+(\S.*)$/i.exec(authorization)
  const token = match?.[1]?.trim()
  if (!token) throw new GatewayError('UNAUTHENTICATED', 'missing bearer token')
  return token
}

function tooMany(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1000)
  return new GatewayError(
    'RATE_LIMITED',
    `Too many wrong tokens from this address; try again in ${seconds} s.`,
    {
      retryAfterMs: waitMs,
    },
  )
}
