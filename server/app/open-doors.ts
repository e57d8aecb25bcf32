import { resolve } from 'node:path'
import type { CurrentConfig } from '#config/current.ts'
import { reloadOrRefuse } from '#config/reload.ts'
import { allowsModel } from '#domain/model-pattern.ts'
import type { Gateway } from '#gateway/complete.ts'
import { createLiveCompletions } from '#gateway/live-completions.ts'
import type { SlotQueue } from '#gateway/slots.ts'
import { createGraphql, type Graphql } from '#graphql/create-graphql.ts'
import { readBody } from '#http/body.ts'
import { createClientIp } from '#http/client-ip.ts'
import { createHostCheck } from '#http/host-check.ts'
import { createHttpServer, type HttpServer } from '#http/listener.ts'
import { isForeignPage, isOwnPage } from '#http/origin-check.ts'
import type { Route } from '#http/route-table.ts'
import { staticSite } from '#http/static-site.ts'
import { cameByHttps, createProxyCheck } from '#http/trusted-proxies.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { restRoutes } from '#rest/routes.ts'
import { sessionRoute } from '#rest/session.ts'
import { createApiKeys } from '#store/api-keys.ts'
import { createProjects } from '#store/projects.ts'
import { createTenants } from '#store/tenants.ts'
import type { Log } from '#telemetry/logger.ts'
import { createRequestLog } from '#telemetry/request-log.ts'
import type { Env } from '#server/env.ts'
import type { Access } from './open-access.ts'
import { openAllowances } from './open-allowances.ts'
import type { Costs } from './open-costs.ts'
import type { Live } from './open-live.ts'
import type { Providers } from './open-providers.ts'
import type { Database, Records } from './open-records.ts'

/** All that the doors open on. */
export interface House {
  readonly version: string
  readonly database: Database
  readonly config: CurrentConfig
  readonly log: Log
  readonly access: Access
  readonly providers: Providers
  readonly records: Records
  readonly costs: Costs
  readonly live: Live
  readonly slots: SlotQueue
  readonly gateway: Gateway
}

export interface Doors {
  readonly http: HttpServer
  /** Every path that is answered. */
  readonly routes: readonly Route[]
  /** Whether nobody needs a token. */
  readonly open: boolean
  /** Takes no new calls and lets the running ones end, for `graceMs` at most. */
  drain(graceMs: number): Promise<void>
  close(): Promise<void>
}

const dashboardFolder = resolve(import.meta.dirname, '../../web/dist')

/** Opens the doors: GraphQL over HTTP and WebSocket, REST, and the dashboard, all on one listener. */
export function openDoors(env: Env, house: House): Doors {
  const { auth, onCut, rights, sessions } = house.access
  const isProxy = createProxyCheck(env.ORCHESTRATOR_TRUSTED_PROXIES)
  const hasSession = (cookie: string | undefined) => sessions.read(cookie) !== undefined
  const isOurHost = createHostCheck(env.HOST, env.ORCHESTRATOR_ALLOWED_HOSTS)
  const { statistics } = house.live
  const requestLog = createRequestLog(house.log)
  const graphql = createGraphql({
    log: house.log,
    readBody,
    maxBodyBytes: env.MAX_REQUEST_BODY_BYTES,
    authenticate: auth.authenticate,
    upholds: rights.upholds,
    bringsSession: ({ headers }) => hasSession(headers.cookie) && isOwnPage(headers),
    isForeignPage: ({ headers, socket }) =>
      isForeignPage(headers, (host) => isOurHost(host, socket.localAddress) === 'ALLOWED'),
    services: graphqlServices(house),
  })
  onCut(graphql.revoke)
  const routes = [
    ...pageRoutes(graphql),
    sessionRoute({
      signIn: auth.signIn,
      lifetimeS: sessions.lifetimeS,
      isHttps: (request) => cameByHttps(request, isProxy),
    }),
    ...rest(env, { ...house, authEnabled: !auth.open, isDraining: () => http.draining }),
  ]
  const http: HttpServer = createHttpServer({
    ...auth,
    hasSession,
    isOurHost,
    clientIpOf: createClientIp(env.ORCHESTRATOR_TRUSTED_PROXIES),
    observer: {
      received: (_request, response) => requestLog.received(response),
      crashed: requestLog.crashed,
      answered(answer) {
        statistics.answered(answer)
        requestLog.answered(answer)
      },
    },
    upgrades: new Map([['/graphql', graphql.upgrade]]),
    routes,
  })
  return {
    http,
    routes,
    open: auth.open,
    async drain(graceMs) {
      const late = new Promise<void>((over) => setTimeout(over, graceMs).unref())
      await Promise.all([http.drain(graceMs), Promise.race([graphql.drain(), late])])
    },
    close: () => graphql.dispose(),
  }
}

function graphqlServices({
  access,
  config,
  costs,
  database,
  gateway,
  live,
  providers,
  records,
  version,
}: House) {
  const startedAt = clock.epochMs()
  return {
    gateway,
    clock,
    live: createLiveCompletions({ gateway, clock }),
    metrics: live.liveMetrics,
    health: live.health,
    tail: live.tail,
    reads: records.reads,
    allowances: openAllowances(records, providers),
    costs: costs.source,
    events: costs.events,
    access: {
      tenants: createTenants(records.prisma),
      projects: createProjects(records.prisma),
      apiKeys: createApiKeys(records.prisma, access.secrets),
    },
    prisma: records.prisma,
    providers: providers.source,
    serverInfo: () => ({
      version,
      nodeVersion: process.versions.node,
      startedAt,
      configVersion: config.active.version,
      embeddedDatabase: database.embedded,
      simulated: providers.kindOf('simulator') !== undefined,
    }),
  }
}

function pageRoutes({ handle, refusal }: Graphql): readonly Route[] {
  const dashboard = staticSite(dashboardFolder, '/dashboard')
  return [
    { path: '/graphql', access: 'open', methods: { GET: handle, POST: handle }, refusal },
    { path: '/dashboard', access: 'open', methods: { GET: dashboard } },
    { path: '/dashboard/*', access: 'open', methods: { GET: dashboard } },
  ]
}

function rest(
  env: Env,
  house: House & { authEnabled: boolean; isDraining: () => boolean },
): readonly Route[] {
  const { authEnabled, config, gateway, isDraining, live, providers, records, slots, version } =
    house
  const { catalogue, all } = providers
  return restRoutes({
    gateway,
    isLegacy: () => config.active.legacy,
    maxBodyBytes: env.MAX_REQUEST_BODY_BYTES,
    models: async ({ allowedModels }) =>
      (await catalogue.offered()).filter(({ id }) => allowsModel(allowedModels, id)),
    health: {
      facts: {
        version,
        startedAt: clock.now(),
        ollamaBase: env.OLLAMA_BASE,
        agentRunnerUrl: env.AGENT_RUNNER_URL,
        providersYaml: env.PROVIDERS_YAML,
        modelsCacheTtlS: env.MODELS_CACHE_TTL_S,
        authEnabled,
        maxConcurrency: slots.max ?? null,
      },
      providers: () =>
        all().map((adapter) => ({
          config: adapter.config,
          hasApiKey: adapter.credential() === 'PRESENT',
          reachable: catalogue.reachable(adapter),
        })),
      usesOllama: () =>
        env.stated.has('OLLAMA_BASE') ||
        (config.active.file !== null && all().some((each) => each.config.kind === 'OLLAMA')),
      usesAgentRunner: () => env.stated.has('AGENT_RUNNER_URL'),
      configProblem: () => config.problem,
    },
    stats: {
      counted: () => live.statistics.snapshot(),
      providerCount: () => all().length,
      modelsCache: () => catalogue.state(),
      concurrency: () => ({ max: slots.max ?? null, available: freeSlots(slots) }),
    },
    configWarnings: () => config.active.warnings,
    reload: () => reloadOrRefuse(config),
    metrics: live.metrics,
    readiness: [{ name: 'database', problem: () => recordsProblem(records) }],
    isDraining,
  })
}

const freeSlots = ({ max, taken }: SlotQueue) => (max === undefined ? null : max - taken)

const recordsProblem = ({ records }: Records) =>
  records.state() === 'full' ? 'nothing can be written' : undefined
