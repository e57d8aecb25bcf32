import { randomUUIDv7 } from 'node:crypto'
import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined

/** Whoever wants to know when the head of an answer goes out; must not throw. */
export type HeadListener = (response: StampedResponse) => void

/**
 * A response that names its request: whoever writes it, it carries X-Request-ID, and X-Response-Time up to its head.
 * A client's own X-Request-ID is never looked at.
 */
export class StampedResponse extends ServerResponse {
  /** UUIDv7. */
  readonly requestId: string = randomUUIDv7()
  /** Monotonic milliseconds. */
  readonly startedAt: number = performance.now()
  /** What routed: a path of the route table, or `(other)`; never the client's own text. */
  route = '(other)'
  /** From the start to the head, in milliseconds; 0 before. */
  elapsedMs = 0
  onHead: HeadListener | undefined = undefined

  override writeHead(status: number, second?: string | Headers, third?: Headers): this {
    this.elapsedMs = performance.now() - this.startedAt
    const time = responseTime(this.elapsedMs)
    const headers = typeof second === 'string' ? third : second
    let stamped = headers
    if (Array.isArray(headers)) {
      stamped = [...headers, 'X-Request-ID', this.requestId, 'X-Response-Time', time]
    } else {
      this.setHeader('X-Request-ID', this.requestId)
      this.setHeader('X-Response-Time', time)
    }
    if (typeof second === 'string') super.writeHead(status, second, stamped)
    else super.writeHead(status, stamped)
    this.onHead?.(this)
    return this
  }
}

/** Milliseconds as X-Response-Time has them: `5.0ms`, `506.88ms`. */
function responseTime(ms: number): string {
  const rounded = Math.round(ms * 100) / 100
  return Number.isInteger(rounded) ? `${rounded}.0ms` : `${rounded}ms`
}
