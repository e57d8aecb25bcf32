import type { PrismaClient } from '#generated/prisma/client.ts'
import type { Viewer } from '#domain/access.ts'
import type { Cancellation } from '#domain/cancellation.ts'
import type { GatewayEvents } from '#events/gateway-events.ts'
import type { LiveMetricsFeed } from '#events/live-metrics.ts'
import type { RequestTail } from '#events/request-tail.ts'
import type { Gateway } from '#gateway/complete.ts'
import type { LiveCompletions } from '#gateway/live-completions.ts'
import type { Clock, Rights } from '#gateway/ports.ts'
import type { AccessSource } from './access-source.ts'
import type { AllowanceSource } from './allowance-source.ts'
import type { Connection } from './connection.ts'
import type { CostSource } from './cost-source.ts'
import type { HealthSource } from './health-source.ts'
import type { Loaders } from './loaders.ts'
import type { ProviderSource, RequestReads, ServerInfo } from './sources.ts'

/** What resolvers work with; the same for all requests. */
export interface Services {
  readonly gateway: Gateway
  /** @default everybody keeps theirs */
  readonly rights?: Rights | undefined
  readonly live: LiveCompletions
  readonly metrics: Pick<LiveMetricsFeed, 'subscribe' | 'loadOf'>
  readonly health: HealthSource
  readonly tail: Pick<RequestTail, 'subscribe'>
  readonly providers: ProviderSource
  readonly reads: RequestReads
  readonly access: AccessSource
  readonly allowances: AllowanceSource
  readonly costs: CostSource
  readonly events: Pick<GatewayEvents, 'subscribe'>
  readonly prisma: PrismaClient
  readonly serverInfo: () => ServerInfo
  readonly clock: Clock
}

/** What resolvers know of one request, or of one event of a subscription. */
export interface GraphqlContext {
  readonly services: Services
  /** UUIDv7, the X-Request-ID; the id of its call if there is one. */
  readonly requestId: string
  readonly viewer: Viewer
  readonly clientIp: string | null
  readonly surface: 'GRAPHQL' | 'PLAYGROUND'
  /** Where the server was reached, such as `http://127.0.0.1:5455`. */
  readonly origin: string
  /** The trace of the request's `traceparent`. */
  readonly traceId: string | null
  /** Cancelled when the caller has gone before the answer was written. */
  readonly cancellation: Cancellation
  /** The WebSocket that carries the operation; null over HTTP. */
  readonly connection: Connection | null
  /** Fresh for every request and every event. */
  readonly loaders: Loaders
  /** Ids of calls: the first is the request's own. */
  readonly nextCallId: () => string
}
