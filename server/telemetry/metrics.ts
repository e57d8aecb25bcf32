import { Counter, Gauge, Registry } from 'prom-client'
import { formatUsd } from '#domain/money.ts'
import type { Load } from '#domain/load-shedding.ts'
import type { RequestOpening, RequestRecord } from '#domain/request-record.ts'
import type { RuleEffect } from '#domain/ruled-request.ts'
import { BucketHistogram, type Distribution, labelText } from './bucket-histogram.ts'
import { countCostDrift } from './cost-drift-counters.ts'
import { countShedCalls } from './load-metrics.ts'
import { countMalformedEvents } from './malformed-event-counter.ts'
import { gaugeProviders, type MeasuredProvider } from './provider-gauges.ts'
import { countRuleActions } from './rule-action-counter.ts'

/** What the metrics ask for when they are read. */
export interface MetricsSources {
  readonly version: string
  /** Providers that are configured. */
  readonly providers: () => readonly MeasuredProvider[]
  /** How hard the process works. */
  readonly load: () => Load
}

/** The Prometheus metrics of one server. Labels are bounded: never a key, a user, a request, or a caller's own text. */
export interface Metrics {
  /** Told of every call that begins and ends. */
  callStarted(): void
  attemptStarted(): void
  callEnded(record: RequestRecord): void
  /** Told of calls that are refused because the process has too much to do. */
  callShed(call: RequestOpening): void
  /** Told of what rules do to calls. */
  ruleActed(effect: RuleEffect): void
  /** Told of a configured provider's events that could not be read. */
  malformedEvents(seen: { readonly provider: string; readonly count: number }): void
  /** In the text format of Prometheus. */
  text(): Promise<string>
  readonly contentType: string
}

/** Models that have a label of their own; the others share one. */
const maxModels = 500
const otherModels = '(other)'

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const overheadSeconds = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** What has been counted of one model, in plain numbers: labels are only put on when somebody reads. */
interface ModelCounts {
  readonly labels: { readonly provider: string; readonly model: string }
  readonly duration: Distribution
  /** Undefined while no answer was streamed. */
  firstToken: Distribution | undefined
  /** By status and surface. */
  readonly calls: Map<string, { readonly status: string; readonly surface: string; count: number }>
  input: number
  output: number
  cached: number
  reasoning: number
  /** Undefined while no cost is known. */
  ticks: bigint | undefined
}

export function createMetrics({ version, providers, load }: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const target = ['provider', 'model'] as const
  const byModel = new Map<string, ModelCounts>()
  let inflight = 0

  new Counter({
    name: 'orchestrator_requests_total',
    help: 'Calls that have ended.',
    labelNames: [...target, 'status', 'surface'],
    registers,
    collect() {
      this.reset()
      for (const { calls, labels } of byModel.values()) {
        for (const { count, status, surface } of calls.values())
          this.inc({ ...labels, status, surface }, count)
      }
    },
  })
  const duration = new BucketHistogram({
    name: 'orchestrator_request_duration_seconds',
    help: 'From the arrival of a call to its end.',
    buckets: seconds,
  })
  const firstToken = new BucketHistogram({
    name: 'orchestrator_time_to_first_token_seconds',
    help: 'From the arrival of a call to the first bytes of its answer.',
    buckets: seconds,
  })
  const overheads = new BucketHistogram({
    name: 'orchestrator_gateway_overhead_seconds',
    help: 'Time of a call that was spent neither waiting for a provider nor in the queue.',
    buckets: overheadSeconds,
  })
  const overhead = overheads.labelled('')
  new Counter({
    name: 'orchestrator_tokens_total',
    help: 'Tokens; cached ones are inside input, reasoning ones inside output.',
    labelNames: [...target, 'type'],
    registers,
    collect() {
      this.reset()
      for (const { cached, input, labels, output, reasoning } of byModel.values()) {
        for (const [type, count] of Object.entries({ input, output, cached, reasoning })) {
          this.inc({ ...labels, type }, count)
        }
      }
    },
  })
  new Counter({
    name: 'orchestrator_cost_usd_total',
    help: 'Known cost in US dollars since the start, simulated calls left out. The ledger is exact, this is a float.',
    labelNames: target,
    registers,
    collect() {
      this.reset()
      for (const { labels, ticks } of byModel.values()) {
        if (ticks !== undefined) this.inc(labels, Number(formatUsd(ticks)))
      }
    },
  })
  new Gauge({
    name: 'orchestrator_inflight_requests',
    help: 'Calls that are under way.',
    registers,
    collect() {
      this.set(inflight)
    },
  })
  gaugeProviders(registry, providers)
  new Gauge({
    name: 'orchestrator_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)

  const countDrift = countCostDrift(registry)
  const malformedEvents = countMalformedEvents(registry)

  const countsOf = (provider: string, model: string): ModelCounts => {
    const known = byModel.get(`${provider}\n${model}`)
    if (known) return known
    if (byModel.size >= maxModels && model !== otherModels) return countsOf(provider, otherModels)
    const labels = { provider, model }
    const made: ModelCounts = {
      labels,
      duration: duration.labelled(labelText(labels)),
      firstToken: undefined,
      calls: new Map(),
      input: 0,
      output: 0,
      cached: 0,
      reasoning: 0,
      ticks: undefined,
    }
    byModel.set(`${provider}\n${model}`, made)
    return made
  }

  return {
    contentType: registry.contentType,
    text: async () =>
      (await registry.metrics()) + duration.text() + firstToken.text() + overheads.text(),
    callStarted() {
      inflight++
    },
    attemptStarted() {},
    malformedEvents,
    callShed: countShedCalls(registry, load),
    ruleActed: countRuleActions(registry),
    callEnded(record) {
      inflight--
      const counts = countsOf(
        record.providerName ?? 'none',
        record.attempts.at(-1)?.model ?? 'none',
      )
      add(counts, record)
      countDrift(record)
      counts.duration.observe(record.latencyMs / 1000)
      overhead.observe(record.overheadMs / 1000)
      if (record.timeToFirstTokenMs === null) return
      counts.firstToken ??= firstToken.labelled(labelText(counts.labels))
      counts.firstToken.observe(record.timeToFirstTokenMs / 1000)
    },
  }
}

function add(
  counts: ModelCounts,
  { cost, simulated, status, surface, usage }: RequestRecord,
): void {
  const calls = counts.calls.get(status + surface)
  if (calls) calls.count++
  else counts.calls.set(status + surface, { status, surface, count: 1 })
  if (usage) {
    counts.input += usage.inputTokens
    counts.output += usage.outputTokens
    counts.cached += usage.cacheReadInputTokens
    counts.reasoning += usage.reasoningOutputTokens
  }
  if (cost && cost.total !== null && !simulated) counts.ticks = (counts.ticks ?? 0n) + cost.total
}
