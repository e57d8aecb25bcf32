import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { formatUsd } from '#domain/money.ts'
import type { RequestRecord } from '#domain/request-record.ts'

/** What the metrics ask for when they are read. */
export interface MetricsSources {
  readonly version: string
  /** Providers that are configured, and whether each is up; null while nobody knows. */
  readonly providers: () => readonly { readonly name: string; readonly up: boolean | null }[]
}

/** The Prometheus metrics of one server. Labels are bounded: never a key, a user, a request, or a caller's own text. */
export interface Metrics {
  /** Told of every call that begins and ends. */
  callStarted(): void
  attemptStarted(): void
  callEnded(record: RequestRecord): void
  /** In the text format of Prometheus. */
  text(): Promise<string>
  readonly contentType: string
}

/** Models that have a label of their own; the others share one. */
const maxModels = 500

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const overheadSeconds = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

export function createMetrics({ version, providers }: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const target = ['provider', 'model'] as const
  const requests = new Counter({
    name: 'orchestrator_requests_total',
    help: 'Calls that have ended.',
    labelNames: [...target, 'status', 'surface'],
    registers,
  })
  const duration = new Histogram({
    name: 'orchestrator_request_duration_seconds',
    help: 'From the arrival of a call to its end.',
    labelNames: target,
    buckets: seconds,
    registers,
  })
  const firstToken = new Histogram({
    name: 'orchestrator_time_to_first_token_seconds',
    help: 'From the arrival of a call to the first bytes of its answer.',
    labelNames: target,
    buckets: seconds,
    registers,
  })
  const overhead = new Histogram({
    name: 'orchestrator_gateway_overhead_seconds',
    help: 'Time of a call that was spent neither waiting for a provider nor in the queue.',
    buckets: overheadSeconds,
    registers,
  })
  const tokens = new Counter({
    name: 'orchestrator_tokens_total',
    help: 'Tokens; cached and written ones are inside input, reasoning ones inside output.',
    labelNames: [...target, 'type'],
    registers,
  })
  const spent = new Map<
    string,
    { readonly provider: string; readonly model: string; ticks: bigint }
  >()
  new Counter({
    name: 'orchestrator_cost_usd_total',
    help: 'Known cost in US dollars since the start, simulated calls left out. The ledger is exact, this is a float.',
    labelNames: target,
    registers,
    collect() {
      this.reset()
      for (const { provider, model, ticks } of spent.values()) {
        this.inc({ provider, model }, Number(formatUsd(ticks)))
      }
    },
  })
  const inflight = new Gauge({
    name: 'orchestrator_inflight_requests',
    help: 'Calls that are under way.',
    registers,
  })
  new Gauge({
    name: 'orchestrator_provider_up',
    help: '1 when the provider answered last, 0 when it failed; absent while nobody knows.',
    labelNames: ['provider'],
    registers,
    collect() {
      this.reset()
      for (const { name, up } of providers())
        if (up !== null) this.set({ provider: name }, up ? 1 : 0)
    },
  })
  new Gauge({
    name: 'orchestrator_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)

  const models = new Set<string>()
  const modelLabel = (record: RequestRecord) => {
    const { model } = record.attempts.at(-1) ?? {}
    if (model === undefined) return 'none'
    if (!models.has(model) && models.size >= maxModels) return '(other)'
    models.add(model)
    return model
  }

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    callStarted: () => inflight.inc(),
    attemptStarted() {},
    callEnded(record) {
      inflight.dec()
      const provider = record.providerName ?? 'none'
      const model = modelLabel(record)
      const labels = { provider, model }
      requests.inc({ provider, model, status: record.status, surface: record.surface })
      duration.observe(labels, record.latencyMs / 1000)
      overhead.observe(record.overheadMs / 1000)
      if (record.timeToFirstTokenMs !== null)
        firstToken.observe(labels, record.timeToFirstTokenMs / 1000)
      if (record.usage) {
        tokens.inc({ provider, model, type: 'input' }, record.usage.inputTokens)
        tokens.inc({ provider, model, type: 'output' }, record.usage.outputTokens)
        tokens.inc({ provider, model, type: 'cached' }, record.usage.cacheReadInputTokens)
        tokens.inc({ provider, model, type: 'reasoning' }, record.usage.reasoningOutputTokens)
      }
      if (record.cost?.total == null || record.simulated) return
      const key = `${provider}\n${model}`
      const entry = spent.get(key)
      if (entry) entry.ticks += record.cost.total
      else spent.set(key, { ...labels, ticks: record.cost.total })
    },
  }
}
