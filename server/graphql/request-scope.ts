import { randomUUIDv7 } from 'node:crypto'
import type { Cancellation } from '#domain/cancellation.ts'
import type { Viewer } from '#domain/access.ts'
import type { Connection } from './connection.ts'
import type { GraphqlContext, Services } from './context.ts'
import { createLoaders } from './loaders.ts'

/** What differs between requests. */
export interface RequestScope {
  readonly requestId: string
  readonly viewer: Viewer
  readonly clientIp: string | null
  readonly headers: RequestHeaders
  readonly cancellation: Cancellation
  readonly connection: Connection | null
}

export interface RequestHeaders {
  readonly host?: string | undefined
  readonly traceparent?: string | string[] | undefined
  readonly 'x-orchestrator-surface'?: string | string[] | undefined
}

/** The context of one request. */
export function contextOf(services: Services, scope: RequestScope): GraphqlContext {
  const { headers, requestId, viewer } = scope
  let firstIsFree = true
  return {
    services,
    requestId,
    viewer,
    clientIp: scope.clientIp,
    surface: headers['x-orchestrator-surface'] === 'playground' ? 'PLAYGROUND' : 'GRAPHQL',
    origin: `http://${headers.host ?? 'localhost'}`,
    traceId: traceOf(headers.traceparent),
    cancellation: scope.cancellation,
    connection: scope.connection,
    loaders: createLoaders(services, viewer),
    nextCallId() {
      if (!firstIsFree) return randomUUIDv7()
      firstIsFree = false
      return requestId
    },
  }
}

/** The same request's context for one more event: what was loaded before may have changed since. */
export function contextOfEvent(context: GraphqlContext): GraphqlContext {
  return { ...context, loaders: createLoaders(context.services, context.viewer) }
}

function traceOf(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string') return null
  const match = /^(?!ff)[\da-f]{2}-((?!0{32})[\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}/.exec(
    header,
  )
  return match?.[1] ?? null
}
