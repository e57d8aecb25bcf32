import type { IncomingMessage } from 'node:http'
import type { Authenticator } from '#auth/authenticator.ts'
import { sessionCookie } from '#auth/session.ts'
import { GatewayError } from '#domain/errors.ts'
import { writeJson } from '#http/answer.ts'
import { readBody } from '#http/body.ts'
import { isOwnPage } from '#http/origin-check.ts'
import type { RequestHandler } from '#http/request-context.ts'
import type { Route } from '#http/route-table.ts'
import { parseJsonBody } from './openai/json-body.ts'

export interface SessionOptions {
  readonly signIn: Authenticator['signIn']
  /** In seconds. */
  readonly lifetimeS: number
  /** Whether the cookie may travel by https only. */
  readonly isHttps: (request: IncomingMessage) => boolean
}

const maxBytes = 4096

/** `/auth/session`: the dashboard's sign-in with a key, and its sign-out. */
export function sessionRoute(options: SessionOptions): Route {
  return {
    path: '/auth/session',
    access: 'open',
    methods: { POST: signIn(options), DELETE: signOut(options) },
  }
}

/** Takes `{"key": …}`; the cookie is out of reach for scripts, and no other site's page sends it. */
function signIn({ signIn: begin, lifetimeS, isHttps }: SessionOptions): RequestHandler {
  return async (request, response, { clientIp }) => {
    if (request.headers.origin !== undefined && !isOwnPage(request.headers)) {
      throw new GatewayError('FORBIDDEN', 'Only pages of this server sign in here.')
    }
    const { key } = parseJsonBody(await readBody(request, maxBytes)).body
    if (typeof key !== 'string' || key.trim() === '') {
      const message = 'must be an API key, or the token of the administrator'
      throw new GatewayError('INVALID_REQUEST', `\`key\` ${message}.`, {
        issues: [{ path: ['key'], message }],
      })
    }
    const value = await begin(key.trim(), clientIp)
    const secure = isHttps(request)
    const cookie = cookieOf(value, { maxAgeS: lifetimeS, secure })
    writeJson(response, { signedIn: true, expiresInSeconds: lifetimeS }, { headers: cookie })
  }
}

function signOut({ isHttps }: SessionOptions): RequestHandler {
  return (request, response) => {
    const cookie = cookieOf('', { maxAgeS: 0, secure: isHttps(request) })
    writeJson(response, { signedIn: false }, { headers: cookie })
  }
}

function cookieOf(
  value: string,
  { maxAgeS, secure }: { maxAgeS: number; secure: boolean },
): readonly string[] {
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure ? '; Secure' : ''}`
  return ['Set-Cookie', `${sessionCookie}=${value}; ${attributes}`, 'Cache-Control', 'no-store']
}
