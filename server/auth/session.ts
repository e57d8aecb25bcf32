import { createHmac, timingSafeEqual } from 'node:crypto'

/** Who has signed in, as the cookie says. */
export interface Session {
  /** The public id of the key; `bootstrap` for ROUTER_AUTH_TOKEN. */
  readonly publicId: string
  /** Tells by which secret: a session ends with the secret that began it. */
  readonly mark: string
}

/** Makes and reads session cookies. They say which key it was, and nothing else: the key's row decides at every use. */
export interface Sessions {
  /** How long a session lasts, in seconds. */
  readonly lifetimeS: number
  /** @param secretHash What is stored of the secret that was shown. @returns The cookie's value. */
  begin(publicId: string, secretHash: string): string
  /** The session of a Cookie header; undefined where there is none, or it is over, or was not made here. */
  read(cookieHeader: string | undefined): Session | undefined
  markOf(secretHash: string): string
}

export const sessionCookie = 'orchestrator_session'

const lifetimeS = 12 * 60 * 60

/**
 * @param signingKey The same in all replicas.
 * @param epochMs The time.
 */
export function createSessions(signingKey: Buffer, epochMs: () => number): Sessions {
  const mac = (text: string) => createHmac('sha256', signingKey).update(text).digest('base64url')
  const markOf = (secretHash: string) => mac(`secret ${secretHash}`).slice(0, 22)
  const signatureOf = (text: string) => mac(`session ${text}`)
  return {
    lifetimeS,
    markOf,
    begin(publicId, secretHash) {
      const expiresAt = Math.floor(epochMs() / 1000) + lifetimeS
      const text = `${publicId}.${markOf(secretHash)}.${expiresAt}`
      return `${text}.${signatureOf(text)}`
    },
    read(cookieHeader) {
      const value = cookieHeader && cookieOf(cookieHeader)
      const match = value && /^(([a-z0-9]+)\.([\w-]{22})\.(\d{1,12}))\.([\w-]{43})$/.exec(value)
      if (!match) return undefined
      const [, text = '', publicId = '', mark = '', expiresAt, signature = ''] = match
      const isOurs = timingSafeEqual(Buffer.from(signature), Buffer.from(signatureOf(text)))
      return isOurs && Number(expiresAt) * 1000 > epochMs() ? { publicId, mark } : undefined
    },
  }
}

function cookieOf(header: string): string | undefined {
  const pair = header.split(';').find((each) => each.trim().startsWith(`${sessionCookie}=`))
  return pair?.trim().slice(sessionCookie.length + 1)
}
