import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Viewer } from '#domain/access.ts'

/** What the listener knows of a request once it has found out where it goes and who sent it. */
export interface RequestContext {
  /** UUIDv7, made here; it is the X-Request-ID of the answer, and the id of the call if there is one. */
  readonly id: string
  readonly viewer: Viewer
  /** Behind trusted proxies, without an IPv4-mapping prefix; null when the socket is already gone. */
  readonly clientIp: string | null
  /** Monotonic milliseconds. */
  readonly startedAt: number
}

/** Answers a request. Whatever it throws or rejects with is answered and logged by the listener. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
) => void | Promise<void>
