import { Cancellation } from '#domain/cancellation.ts'
import type { ProviderConfig } from '#domain/config.ts'
import type { Load } from '#domain/load-shedding.ts'
import { parseModelName, unknownProvider } from '#domain/model-name.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { createAuthenticator } from '#auth/authenticator.ts'
import { noResilience } from '#domain/resilience.ts'
import { createGateway } from '#gateway/complete.ts'
import { aRoute } from './a-route.ts'
import type { Clock, RateLimits } from '#gateway/ports.ts'
import { createSlotQueue, type SlotQueue, type SlotQueueOptions } from '#gateway/slots.ts'
import { createHostCheck } from '#http/host-check.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from '#http/listener.ts'
import type { Route } from '#http/route-table.ts'
import { createAgentAdapter } from '#providers/agent/index.ts'
import type { ProviderAdapter } from '#providers/adapter.ts'
import { createOllamaAdapter } from '#providers/ollama/index.ts'
import { createOpenAiCompatibleAdapter } from '#providers/openai-compatible/index.ts'
import { createRagAdapter } from '#providers/rag/index.ts'
import { createUpstream } from '#providers/upstream.ts'
import type { RestOptions } from '#rest/routes.ts'
import { restRoutes } from '#rest/routes.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { createRequestStatistics } from '#telemetry/request-statistics.ts'
import {
  MemoryRecords,
  noAllowances,
  noRateLimits,
  providerConfig,
  testPrice,
} from './fake-gateway.ts'
import { MemoryReplies } from './memory-replies.ts'

/** The real listener with all of REST behind it, before providers that the test names. */
export interface RestDoor {
  readonly origin: string
  readonly port: number
  readonly http: HttpServer
  readonly records: MemoryRecords
  readonly slots: SlotQueue
  /** What nobody expected. */
  readonly crashes: unknown[]
  /** Resolves with the record of the next call that ends. */
  nextEnded(): Promise<RequestRecord>
  close(): Promise<void>
}

export interface DoorOptions {
  readonly providers?: readonly Partial<ProviderConfig>[]
  /** Adapters that are not made from a configuration. */
  readonly adapters?: readonly ProviderAdapter[]
  readonly legacy?: boolean
  readonly token?: string
  readonly allowedHosts?: readonly string[]
  readonly boundTo?: string
  readonly maxConcurrency?: number
  readonly queue?: Omit<SlotQueueOptions, 'clock'>
  readonly rateLimits?: RateLimits
  readonly load?: () => Load
  readonly maxBodyBytes?: number
  readonly ollamaBase?: string
  readonly agentRunnerUrl?: string
  readonly keys?: Readonly<Record<string, string>>
  readonly reload?: () => Promise<unknown>
  readonly configWarnings?: NonNullable<RestOptions['configWarnings']>
  readonly records?: MemoryRecords
  readonly routes?: readonly Route[]
  readonly readiness?: RestOptions['readiness']
  readonly http?: Partial<
    Pick<HttpServerOptions, 'authenticate' | 'upgrades' | 'headersTimeoutMs' | 'clientIpOf'>
  >
}

const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

export async function openDoor({
  providers = [],
  adapters: given = [],
  legacy = false,
  token,
  allowedHosts = [],
  boundTo = '127.0.0.1',
  maxConcurrency = 0,
  queue = {},
  rateLimits = noRateLimits,
  load = () => noLoad,
  maxBodyBytes = 5_000_000,
  ollamaBase = 'http://127.0.0.1:1',
  agentRunnerUrl = 'http://127.0.0.1:1',
  keys = {},
  reload = async () => {},
  configWarnings = () => [],
  records = new MemoryRecords(),
  routes = [],
  readiness = [],
  http: httpOptions = {},
}: DoorOptions): Promise<RestDoor> {
  const upstream = createUpstream()
  const tools = { upstream, lookup: (name: string) => keys[name] }
  const made = providers.map((each) => {
    const config = { ...providerConfig, legacy, kind: 'OPENAI_COMPATIBLE' as const, ...each }
    if (config.kind === 'AGENT') return createAgentAdapter(config, tools)
    if (config.kind === 'RAG') return createRagAdapter(config, tools)
    if (config.kind === 'OLLAMA') return createOllamaAdapter(config, tools)
    return createOpenAiCompatibleAdapter(config, tools)
  })
  const adapters = new Map([...made, ...given].map((adapter) => [adapter.config.name, adapter]))
  const listed = [...adapters.values()].filter(
    ({ config }) => config.kind !== 'AGENT' && config.kind !== 'RAG',
  )
  const waiting: ((record: RequestRecord) => void)[] = []
  const slots = createSlotQueue(maxConcurrency, { clock: systemClock, ...queue })
  const statistics = createRequestStatistics()
  const metrics = createMetrics({ version: 'test', providers: () => [], load })
  const gateway = createGateway({
    replies: new MemoryReplies(),
    records,
    allowances: noAllowances,
    clock: systemClock,
    limits: rateLimits,
    slots,
    load,
    routes: {
      version: 1,
      route({ request: { model: asked } }) {
        const name = parseModelName(asked)
        const adapter = adapters.get(name.prefix ?? 'ollama')
        if (!adapter) throw unknownProvider(name, adapters.keys())
        const { model } = name
        const known = { price: testPrice, maxOutputTokens: 1000, simulated: false }
        return aRoute([{ adapter, model, ...known, resilience: noResilience }])
      },
    },
    observer: {
      callStarted: () => metrics.callStarted(),
      callShed: metrics.callShed,
      attemptStarted: (call, { providerName }) => {
        if (call.surface === 'OPENAI_CHAT') statistics.providerCalled(providerName)
      },
      callEnded(record) {
        metrics.callEnded(record)
        for (const tell of waiting.splice(0)) tell(record)
      },
    },
  })
  const loaded = () =>
    listed.map(({ config }) => ({
      config,
      hasApiKey: keys[config.apiKeyEnv ?? ''] !== undefined,
      reachable: null,
    }))
  const auth = createAuthenticator({
    token,
    open: token === undefined,
    bootstrapKeyId: '019a0000-0000-7000-8000-00000000000a',
  })
  const facts = {
    version: '0.8.0',
    startedAt: performance.now(),
    ollamaBase,
    agentRunnerUrl,
    providersYaml: '/etc/ai/providers.yaml',
    modelsCacheTtlS: 600,
    authEnabled: token !== undefined,
    maxConcurrency: maxConcurrency > 0 ? maxConcurrency : null,
  }
  const crashes: unknown[] = []
  const http: HttpServer = createHttpServer({
    ...auth,
    ...httpOptions,
    isOurHost: createHostCheck(boundTo, allowedHosts),
    observer: {
      received: () => {},
      answered: (answer) => statistics.answered(answer),
      crashed: (thrown) => crashes.push(thrown),
    },
    routes: [
      ...routes,
      ...restRoutes({
        gateway,
        isLegacy: () => legacy,
        maxBodyBytes,
        models: async () => {
          const lists = await Promise.all(
            listed.map(async ({ config, models }) => ({
              config,
              list: await models(noCancellation).catch(() => []),
            })),
          )
          return lists.flatMap(({ config: { name }, list }) =>
            list.map(({ id }) => ({ id: `${name}:${id}`, ownedBy: name })),
          )
        },
        health: {
          facts,
          providers: loaded,
          usesOllama: () => ollamaBase !== 'http://127.0.0.1:1',
          usesAgentRunner: () => agentRunnerUrl !== 'http://127.0.0.1:1',
          configProblem: () => null,
        },
        stats: {
          counted: () => statistics.snapshot(),
          providerCount: () => listed.length,
          modelsCache: () => ({ hits: 0, misses: 0, ageS: null, ttlS: 600, modelCount: 0 }),
          concurrency: () => ({
            max: slots.max ?? null,
            available: slots.max === undefined ? null : slots.max - slots.taken,
          }),
        },
        reload,
        configWarnings,
        metrics,
        readiness,
        isDraining: () => http.draining,
      }),
    ],
  })
  const { port } = await http.listen(0, '127.0.0.1')
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    http,
    records,
    slots,
    crashes,
    nextEnded: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      await http.drain(0)
      await upstream.close()
    },
  }
}

const noLoad: Load = { lagMs: 0, memory: 0, queue: 0 }

const noCancellation = new Cancellation()
