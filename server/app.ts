import { randomUUIDv7 } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openBindingProblem } from '#auth/open-binding.ts'
import { createTokenAuth } from '#auth/token-auth.ts'
import { loadConfig } from '#config/current.ts'
import { builtInProviders } from '#config/built-in-providers.ts'
import { reloadOrRefuse } from '#config/reload.ts'
import { createLiveMetrics } from '#events/live-metrics.ts'
import { tellAll } from '#events/observers.ts'
import { createHealthMonitor } from '#events/provider-health.ts'
import { createRequestTail } from '#events/request-tail.ts'
import { createGateway } from '#gateway/complete.ts'
import { createLiveCompletions } from '#gateway/live-completions.ts'
import { createSlotQueue } from '#gateway/slots.ts'
import { createGraphql } from '#graphql/create-graphql.ts'
import type { ConfiguredProvider } from '#graphql/sources.ts'
import { readBody } from '#http/body.ts'
import { createHostCheck } from '#http/host-check.ts'
import { createHttpServer, type HttpServer } from '#http/listener.ts'
import { isForeignPage } from '#http/origin-check.ts'
import { staticSite } from '#http/static-site.ts'
import { reportDrift } from '#jobs/report-drift.ts'
import { startSchedule } from '#jobs/schedule.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import type { ProviderAdapter } from '#providers/adapter.ts'
import { createCatalogue } from '#providers/catalogue.ts'
import { vendoredPrices } from '#providers/price-table.ts'
import { createRegistry } from '#providers/registry.ts'
import { createRoutes } from '#providers/routes.ts'
import { createUpstream } from '#providers/upstream.ts'
import { restRoutes } from '#rest/routes.ts'
import { bootstrapKeyId, readTenancy } from '#store/bootstrap-key.ts'
import { createCallRecords } from '#store/call-records.ts'
import { createPrisma } from '#store/prisma.ts'
import { createReads } from '#store/reads.ts'
import { createCallLog } from '#telemetry/call-log.ts'
import { createLog, type LogLevel } from '#telemetry/logger.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { createRequestLog } from '#telemetry/request-log.ts'
import { createRequestStatistics } from '#telemetry/request-statistics.ts'
import type { Env } from './env.ts'

/** The running product. */
export interface App {
  readonly origin: string
  /** A command that works as it stands. */
  readonly tryLine: string
  /** Takes no new calls and lets the running ones end, for `graceMs` at most. */
  drain(graceMs: number): Promise<void>
  close(): Promise<void>
}

const projectRoot = resolve(import.meta.dirname, '..')
const dayMs = 24 * 60 * 60 * 1000

/** Builds every part by hand and lets the world in; the only file that knows them all. */
export async function startApp(env: Env, database: { url: string; embedded: boolean }): Promise<App> {
  const { version }: { version: string } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
  const unsafe = openBindingProblem(env.HOST, env.ROUTER_AUTH_TOKEN)
  if (unsafe !== undefined) throw new Error(unsafe)
  const startedAt = clock.now()
  const startedAtEpochMs = clock.epochMs()

  // Configuration and providers
  const services = {
    ollamaBase: env.OLLAMA_BASE,
    agentRunnerUrl: env.AGENT_RUNNER_URL,
    agentRunnerChatPath: env.AGENT_RUNNER_CHAT_PATH,
    ragBase: env.RAG_BASE,
    ragQueryPath: env.RAG_QUERY_PATH,
    httpTimeoutS: env.HTTP_TIMEOUT_S,
  }
  const config = await loadConfig(env.PROVIDERS_YAML, {
    ...services,
    defaultUpstreamHeaders: env.DEFAULT_UPSTREAM_HEADERS,
    baseUrls: {
      openai: env.OPENAI_BASE_URL,
      xai: env.XAI_BASE_URL,
      openrouter: env.OPENROUTER_BASE_URL,
      perplexity: env.PERPLEXITY_BASE_URL,
    },
    lookup: env.lookup,
  })
  const secrets = () =>
    [env.ROUTER_AUTH_TOKEN, ...config.active.providers.map(({ apiKeyEnv }) => apiKeyEnv && env.lookup(apiKeyEnv))].filter((secret) => secret !== undefined)
  let hidden = secrets()
  const log = createLog({
    level: env.LOG_LEVEL as LogLevel,
    file: join(env.ORCHESTRATOR_LOG_DIR, 'router.log'),
    secrets: () => hidden,
  })
  for (const { path, message } of config.active.warnings) log.warn({ path: path.join('.') }, message)
  const upstream = createUpstream()
  const registry = createRegistry(config.active, {
    upstream,
    lookup: env.lookup,
    clock,
    random: Math.random,
    builtIn: (active) => builtInProviders(active, services),
  })
  const prices = vendoredPrices()
  const catalogue = createCatalogue(registry, { prices, clock, ttlMs: env.MODELS_CACHE_TTL_S * 1000 })
  const stopCatalogue = catalogue.start()
  config.onActivated((active) => {
    registry.activate(active)
    catalogue.invalidate()
    hidden = secrets()
    for (const { path, message } of active.warnings) log.warn({ path: path.join('.') }, message)
  })
  const adapters = () => [...registry.current.configured.values()]

  // Records and what is read from them
  const tenancy = await readTenancy(database.url, { withBootstrapKey: env.ROUTER_AUTH_TOKEN !== undefined })
  const records = await createCallRecords({
    databaseUrl: database.url,
    replicaId: randomUUIDv7(),
    spoolFolder: join(env.ORCHESTRATOR_DATA_DIR, 'spool'),
    clock,
    log,
    soleReplica: database.embedded,
  })
  const reads = createReads({ databaseUrl: database.url })
  const prisma = createPrisma(database.url)
  const stopJobs = startSchedule(
    [{ name: 'compare roll-ups with rows', everyMs: dayMs, run: () => reportDrift(reads, { log, epochMs: clock.epochMs() }) }],
    { clock, failed: (job, cause) => log.warn({ err: cause, job: job.name }, 'a job failed and will run again') },
  )

  // What is live
  const health = createHealthMonitor(clock)
  const metrics = createMetrics({
    version,
    providers: () => adapters().map((adapter) => ({ name: adapter.config.name, up: catalogue.reachable(adapter) })),
  })
  const live = createLiveMetrics({
    clock,
    providers: () => adapters().map(({ config: { name, kind } }) => ({ name, simulated: kind === 'SIMULATOR' })),
    healthOf: (name, tenantId) => health.healthOf(name, tenantId),
    tenantsWithRealTraffic: tenancy.withRealTraffic,
  })
  const tail = createRequestTail(clock)
  const statistics = createRequestStatistics()
  const kindOf = (name: string) => registry.current.configured.get(name)?.config.kind

  // The gateway
  const slots = createSlotQueue(env.ROUTER_MAX_CONCURRENCY)
  const gateway = createGateway({
    records,
    clock,
    slots,
    routes: createRoutes(registry, { catalogue, prices, clock }),
    observer: tellAll([
      live.observer,
      health,
      tail,
      metrics,
      createCallLog(log, kindOf),
      {
        attemptStarted: ({ surface }, { providerName }) => {
          if (surface === 'OPENAI_CHAT' && kindOf(providerName)) statistics.providerCalled(providerName)
        },
      },
    ]),
  })
  const completions = createLiveCompletions({ gateway, clock })

  // The doors
  const auth = createTokenAuth({ token: env.ROUTER_AUTH_TOKEN, apiKeyId: bootstrapKeyId })
  const isOurHost = createHostCheck(env.HOST, env.ORCHESTRATOR_ALLOWED_HOSTS)
  const requestLog = createRequestLog(log)
  const graphql = createGraphql({
    log,
    readBody,
    maxBodyBytes: env.MAX_REQUEST_BODY_BYTES,
    authenticate: auth.authenticate,
    isForeignPage: ({ headers, socket }) => isForeignPage(headers, (host) => isOurHost(host, socket.localAddress) === 'ALLOWED'),
    services: {
      gateway,
      live: completions,
      metrics: live,
      health,
      tail,
      reads,
      prisma,
      clock,
      providers: {
        all: () => adapters().map(configuredProvider),
        find: (name) => {
          const adapter = registry.current.configured.get(name)
          return adapter && configuredProvider(adapter)
        },
        models: () => catalogue.models(),
      },
      serverInfo: () => ({
        version,
        nodeVersion: process.versions.node,
        startedAt: startedAtEpochMs,
        configVersion: config.active.version,
        embeddedDatabase: database.embedded,
        simulated: kindOf('simulator') !== undefined,
      }),
    },
  })
  const dashboard = staticSite(join(projectRoot, 'web/dist'), '/dashboard')
  const http: HttpServer = createHttpServer({
    ...auth,
    isOurHost,
    observer: {
      received: (_request, response) => requestLog.received(response),
      crashed: requestLog.crashed,
      answered: (answer) => {
        statistics.answered(answer)
        requestLog.answered(answer)
      },
    },
    upgrades: new Map([['/graphql', graphql.upgrade]]),
    routes: [
      {
        path: '/graphql',
        access: 'open',
        methods: { GET: graphql.handle, POST: graphql.handle },
        refusal: graphql.refusal,
      },
      { path: '/dashboard', access: 'open', methods: { GET: dashboard } },
      { path: '/dashboard/*', access: 'open', methods: { GET: dashboard } },
      ...restRoutes({
        gateway,
        isLegacy: () => config.active.legacy,
        maxBodyBytes: env.MAX_REQUEST_BODY_BYTES,
        models: () => catalogue.offered(),
        health: {
          facts: {
            version,
            startedAt,
            ollamaBase: env.OLLAMA_BASE,
            agentRunnerUrl: env.AGENT_RUNNER_URL,
            providersYaml: env.PROVIDERS_YAML,
            modelsCacheTtlS: env.MODELS_CACHE_TTL_S,
            authEnabled: !auth.open,
            maxConcurrency: slots.max ?? null,
          },
          providers: () =>
            adapters().map((adapter) => ({
              config: adapter.config,
              hasApiKey: adapter.credential() === 'PRESENT',
              reachable: catalogue.reachable(adapter),
            })),
          usesOllama: () => env.stated.has('OLLAMA_BASE') || config.active.providers.some(({ kind }) => kind === 'OLLAMA' && config.active.file),
          usesAgentRunner: () => env.stated.has('AGENT_RUNNER_URL'),
          configProblem: () => config.problem,
        },
        stats: {
          counted: () => statistics.snapshot(),
          providerCount: () => registry.current.configured.size,
          modelsCache: () => catalogue.state(),
          concurrency: () => ({ max: slots.max ?? null, available: slots.max === undefined ? null : slots.max - slots.taken }),
        },
        reload: () => reloadOrRefuse(config),
        configWarnings: () => config.active.warnings,
        metrics,
        readiness: [{ name: 'database', problem: () => (records.state() === 'full' ? 'nothing can be written' : undefined) }],
        isDraining: () => http.draining,
      }),
    ],
  })
  const { port } = await http.listen(env.PORT, env.HOST)
  const origin = `http://${/^(0\.0\.0\.0|::)$/.test(env.HOST) ? '127.0.0.1' : env.HOST}:${port}`
  log.info({ origin, version, providers: adapters().map((adapter) => adapter.config.name) }, 'ready')
  return {
    origin,
    tryLine: tryLine(origin, { legacy: config.active.legacy, open: auth.open }),
    async drain(graceMs) {
      log.info({ graceMs }, 'draining')
      await http.drain(graceMs)
    },
    async close() {
      await graphql.dispose()
      stopCatalogue()
      await stopJobs()
      live.stop()
      health.stop()
      await records.close()
      await Promise.all([reads.close(), prisma.$disconnect(), upstream.close()])
      log.flush()
    },
  }
}

function configuredProvider({ config, credential }: ProviderAdapter): ConfiguredProvider {
  return { config, simulated: config.kind === 'SIMULATOR', credential }
}

function tryLine(origin: string, { legacy, open }: { legacy: boolean; open: boolean }): string {
  const token = open ? '' : ` -H "Authorization: Bearer $ROUTER_AUTH_TOKEN"`
  if (legacy) return `curl -s ${origin}/v1/models${token}`
  const body = '{"model":"simulator:fast","messages":[{"role":"user","content":"Hello"}]}'
  return `curl -s ${origin}/v1/chat/completions${token} -H 'Content-Type: application/json' -d '${body}'`
}
