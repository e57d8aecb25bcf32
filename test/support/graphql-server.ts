import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApiKey, Attempt, PrismaClient, Request, Tenant } from '#generated/prisma/client.ts'
import { type Credentials, createAuthenticator } from '#auth/authenticator.ts'
import { defaultTenantId, type Scope, type Viewer } from '#domain/access.ts'
import type { CataloguedModel } from '#domain/catalogued-model.ts'
import type { UsageReport } from '#domain/usage-query.ts'
import { createLiveMetrics } from '#events/live-metrics.ts'
import { createHealthMonitor } from '#events/provider-health.ts'
import { createRequestTail } from '#events/request-tail.ts'
import { noResilience } from '#domain/resilience.ts'
import { createGateway } from '#gateway/complete.ts'
import { routesTo } from './a-route.ts'
import { createLiveCompletions } from '#gateway/live-completions.ts'
import type { Allowances, AllowanceStandings, Clock, RateLimits } from '#gateway/ports.ts'
import { createSlotQueue } from '#gateway/slots.ts'
import type { Services } from '#graphql/context.ts'
import { createGraphql, type Graphql, type GraphqlOptions } from '#graphql/create-graphql.ts'
import type { ConfiguredProvider, RequestReads } from '#graphql/sources.ts'
import { readBody } from '#http/body.ts'
import { createHttpServer } from '#http/listener.ts'
import type { ProviderAdapter } from '#providers/adapter.ts'
import { noAccessSource } from './access-source.ts'
import { noAllowanceSource } from './allowance-source.ts'
import { noCostSource, noGatewayEvents } from './cost-source.ts'
import {
  answerOf,
  endChunk,
  FakeClock,
  MemoryRecords,
  noAllowances,
  noRateLimits,
  providerConfig,
  scriptedAdapter,
  testPrice,
  textChunk,
} from './fake-gateway.ts'
import { monitoredHealth } from './health-source.ts'
import { MemoryReplies } from './memory-replies.ts'

/** Answers `hello` at once. */
const helloAdapter = () =>
  scriptedAdapter(async (call) => {
    call.onSent()
    return answerOf(
      (async function* () {
        yield textChunk('hel')
        yield textChunk('lo')
        yield endChunk()
      })(),
    )
  })

const testProvider: ConfiguredProvider = {
  config: providerConfig,
  simulated: false,
  credential: () => 'PRESENT',
}

const testModel: CataloguedModel = {
  providerName: 'openai',
  id: 'gpt-test',
  contextWindow: 128_000,
  maxOutputTokens: 4096,
  capabilities: ['STREAMING', 'TOOLS'],
  price: testPrice,
  aliases: ['test'],
  available: true,
}

const emptyReport: UsageReport = {
  from: 0,
  to: 1000,
  timeZone: 'UTC',
  bucket: 'NONE',
  buckets: [0],
  series: [],
  totals: [],
  lastBucketPartial: false,
  freshAsOf: 0,
}

const noReads: RequestReads = {
  search: async () => ({ edges: [], hasNextPage: false, hasPreviousPage: false }),
  count: async () => 0,
  facets: async () => [],
  errorGroups: async () => [],
  usage: async () => emptyReport,
}

const testTenant: Tenant = {
  id: defaultTenantId,
  slug: 'default',
  name: 'Default',
  reportingTimeZone: 'Europe/Berlin',
  storePayloads: false,
  retentionDays: 90,
  createdAt: new Date(0),
}

interface Tables {
  readonly requests: readonly Request[]
  readonly attempts: readonly Attempt[]
  readonly apiKeys: readonly ApiKey[]
}

/** The few reads that GraphQL asks of Prisma, from memory, for one tenant's rows. */
function memoryPrisma({
  requests = [],
  attempts = [],
  apiKeys = [],
}: Partial<Tables> = {}): PrismaClient {
  interface Where {
    readonly where: {
      readonly tenantId: string
      readonly id?: { in: string[] }
      readonly requestId?: { in: string[] }
    }
  }
  const own = <Row extends { tenantId: string }>(rows: readonly Row[], tenantId: string) =>
    rows.filter((row) => row.tenantId === tenantId)
  const tables = {
    tenant: {
      findUniqueOrThrow: async () => testTenant,
      findUnique: async ({ where }: { where: { id: string } }) =>
        where.id === testTenant.id ? testTenant : null,
    },
    request: {
      findMany: async ({ where }: Where) =>
        own(requests, where.tenantId).filter(({ id }) => where.id?.in.includes(id)),
    },
    attempt: {
      findMany: async ({ where }: Where) =>
        own(attempts, where.tenantId).filter(({ requestId }) =>
          where.requestId?.in.includes(requestId),
        ),
    },
    apiKey: {
      findMany: async ({ where }: Where) =>
        own(apiKeys, where.tenantId).filter(({ id }) => where.id?.in.includes(id)),
    },
  }
  return tables as unknown as PrismaClient
}

export interface GraphqlServerOptions {
  readonly adapter?: ProviderAdapter
  readonly token?: string
  /** What whoever asks may do; everything by default. */
  readonly scopes?: readonly Scope[]
  /** Who asks; by default whoever the token, or its absence, stands for. */
  readonly viewer?: Viewer
  readonly clock?: Clock
  readonly services?: Partial<Services>
  readonly maxConcurrency?: number
  readonly rateLimits?: RateLimits
  readonly allowances?: Allowances
  readonly standings?: AllowanceStandings
  readonly graphql?: Partial<
    Pick<GraphqlOptions, 'subscriptionsPerSocket' | 'socketsPerKey' | 'maxBodyBytes'>
  >
}

export interface GraphqlServer {
  readonly origin: string
  readonly url: string
  readonly socketUrl: string
  readonly graphql: Graphql
  readonly server: Server
  readonly services: Services
  readonly records: MemoryRecords
  readonly logged: { fields: Readonly<Record<string, unknown>>; message: string }[]
  close(): Promise<void>
}

/** GraphQL behind the real listener, on the real gateway around one scripted provider, with records in memory. */
export async function startGraphqlServer(
  options: GraphqlServerOptions = {},
): Promise<GraphqlServer> {
  const { adapter = helloAdapter(), clock = new FakeClock() } = options
  const { maxConcurrency = 0, rateLimits = noRateLimits } = options
  const records = new MemoryRecords()
  const logged: GraphqlServer['logged'] = []
  const health = createHealthMonitor(clock)
  const tail = createRequestTail(clock)
  const metrics = createLiveMetrics({
    clock,
    providers: () => [{ name: 'openai', simulated: false }],
    healthOf: health.healthOf,
    tenantsWithRealTraffic: [defaultTenantId],
  })
  const gateway = createGateway({
    replies: new MemoryReplies(),
    records,
    allowances: options.allowances ?? noAllowances,
    ...(options.standings && { standings: options.standings }),
    clock,
    limits: rateLimits,
    slots: createSlotQueue(maxConcurrency, { clock }),
    routes: routesTo([
      {
        adapter,
        model: 'gpt-test',
        price: testPrice,
        maxOutputTokens: 1000,
        simulated: false,
        resilience: noResilience,
      },
    ]),
    observer: {
      ...metrics.observer,
      callEnded(record) {
        metrics.observer.callEnded(record)
        health.callEnded(record)
        tail.callEnded(record)
      },
    },
  })
  const services: Services = {
    gateway,
    live: createLiveCompletions({ gateway, clock }),
    metrics,
    health: monitoredHealth(health),
    tail,
    providers: {
      all: () => [testProvider],
      find: (name) => (name === 'openai' ? testProvider : undefined),
      models: async () => [testModel],
    },
    reads: noReads,
    access: noAccessSource,
    allowances: noAllowanceSource,
    costs: noCostSource,
    events: noGatewayEvents(clock),
    prisma: memoryPrisma(),
    serverInfo: () => ({
      version: '0.8.0',
      nodeVersion: process.version,
      startedAt: 0,
      configVersion: 1,
      embeddedDatabase: true,
      simulated: false,
    }),
    clock,
    ...options.services,
  }
  const { token } = options
  const auth = createAuthenticator({ token, open: token === undefined, bootstrapKeyId: null })
  const authenticate = async (given: Credentials, clientIp: string | null): Promise<Viewer> => {
    const viewer = await auth.authenticate(given, clientIp)
    return options.viewer ?? { ...viewer, scopes: new Set(options.scopes ?? viewer.scopes) }
  }
  const graphql = createGraphql({
    services,
    authenticate,
    isForeignPage: ({ headers }) =>
      headers.origin !== undefined && headers.origin !== `http://${headers.host}`,
    readBody,
    maxBodyBytes: 5_000_000,
    log: { error: (fields, message) => logged.push({ fields, message }) },
    ...options.graphql,
  })
  const listener = createHttpServer({
    routes: [
      {
        path: '/graphql',
        access: 'open',
        methods: { GET: graphql.handle, POST: graphql.handle },
        refusal: graphql.refusal,
      },
    ],
    upgrades: new Map([['/graphql', graphql.upgrade]]),
    authenticate,
    open: auth.open,
    anonymous: auth.anonymous,
    isOurHost: () => 'ALLOWED',
    observer: {
      received: () => {},
      answered: () => {},
      crashed: (err) => logged.push({ fields: { err }, message: 'crashed' }),
    },
  })
  const { port }: AddressInfo = await listener.listen(0, '127.0.0.1')
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    url: `${origin}/graphql`,
    socketUrl: `ws://127.0.0.1:${port}/graphql`,
    graphql,
    server: listener.server,
    services,
    records,
    logged,
    async close() {
      await graphql.dispose()
      listener.server.closeAllConnections()
      await listener.drain(0)
    },
  }
}

/** Posts an operation; the answer's JSON. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  status: number
  headers: Headers
  json: {
    data?: Record<string, unknown> | null
    errors?: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[]
  }
}> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, json: await response.json() }
}
