import { Pool } from 'undici'
import type { Cancellation } from '#domain/cancellation.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { Exchange, type UpstreamHeaders } from './upstream-exchange.ts'

/** How much a socket may read ahead of whoever reads from it. */
const socketBytes = 16_384

/** An address of a provider, taken apart once for each configuration. */
export interface Endpoint {
  readonly provider: string
  readonly origin: string
  /** With the query, if there is one. */
  readonly path: string
  readonly connectMs: number
}

export interface UpstreamRequest {
  readonly endpoint: Endpoint
  readonly method: 'GET' | 'POST'
  /** Name, value, name, value: made once for each configuration where possible. */
  readonly headers: readonly string[]
  readonly body?: string | undefined
  /** For messages. */
  readonly model?: string | undefined
  /** Closes the connection in the same tick; what is pending rejects with its reason. */
  readonly cancellation: Cancellation
  /** Called just before the first byte may be written: not when there was no connection. */
  readonly onSent?: (() => void) | undefined
}

/** An answer whose body is all there, decoded. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: UpstreamHeaders
  readonly body: Buffer
}

/** An answer whose body is still to be read, in one of these ways. */
export interface OpenAnswer {
  readonly status: number
  readonly headers: UpstreamHeaders
  /** The next piece as the network brought it; undefined at the end. While it is not called, the provider waits. */
  read(): Promise<Buffer | undefined>
  /** All that is left. */
  whole(): Promise<Buffer>
  /** Lets the few bytes go that may follow the end that matters. */
  discard(): void
  /** Closes the connection. */
  abort(): void
}

/**
 * HTTP/1.1 to providers. Redirects are not followed (PROVIDER_PROTOCOL), proxies are ignored, bodies are decoded (gzip,
 * deflate, br, zstd) up to 64 MiB, and at most 96 kB wait unread. It knows no deadlines but the one for connecting.
 *
 * Both ways throw {GatewayError} PROVIDER_NETWORK, PROVIDER_TIMEOUT or PROVIDER_PROTOCOL, or the cancellation's
 * reason. Statuses of 400 and more are answers.
 */
export interface Upstream {
  /** Resolves when the headers are there. */
  open(request: UpstreamRequest): Promise<OpenAnswer>
  /** Resolves when the body is there; cheaper than `open` and `whole`. */
  whole(request: UpstreamRequest): Promise<WholeAnswer>
  /** Closes all connections; what is under way fails. */
  close(): Promise<void>
}

/** @param connections The most to one origin. It is no queue of its own: the gateway's slots limit calls, not this. */
export function createUpstream({ connections = 1024 } = {}): Upstream {
  const pools = new Map<string, Pool>()

  const poolOf = ({ origin, connectMs }: Endpoint) => {
    const key = `${origin} ${connectMs}`
    const known = pools.get(key)
    if (known) return known
    // Whatever is left over goes to the socket; undici's types do not say so.
    const connect = { timeout: connectMs, highWaterMark: socketBytes }
    const pool = new Pool(origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      connect,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 30_000,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    pools.set(key, pool)
    return pool
  }

  const send = ({
    endpoint,
    method,
    headers,
    body,
    model,
    cancellation,
    onSent,
  }: UpstreamRequest) => {
    const { provider, origin, path } = endpoint
    const exchange = new Exchange({ provider, origin, model }, { cancellation, onSent })
    if (!cancellation.reason) {
      poolOf(endpoint).dispatch(
        { path, method, headers: headers as string[], body: body ?? null },
        exchange,
      )
    }
    return exchange
  }

  return {
    open: (request) => send(request).begin(),
    async whole(request) {
      const exchange = send(request)
      const body = await exchange.whole()
      return { status: exchange.status, headers: exchange.headers, body }
    },
    async close() {
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map((pool) => pool.destroy()))
    },
  }
}

/**
 * Takes a provider's address apart.
 *
 * @param path Joined to the base with exactly one slash.
 * @throws {TypeError} If `baseUrl` is not a URL.
 */
export function endpointOf({ name, baseUrl, timeouts }: ProviderConfig, path: string): Endpoint {
  const { origin, pathname, search } = new URL(
    `${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`,
  )
  return { provider: name, origin, path: pathname + search, connectMs: timeouts.connectMs }
}
