import { axisDuration, duration } from '#web/format/duration.ts'
import { axisMoney, shortMoney } from '#web/format/money.ts'
import { rate, shortCount } from '#web/format/number.ts'
import type { UsageMetric } from '#web/graphql/documents.ts'
import type { LiveProvider } from '#web/live-metrics.svelte.ts'

/** What one chart of the overview shows, second by second and over the chosen range. */
export interface ChartMetric {
  readonly key: string
  readonly title: string
  /** Where the range shows something else than the live chart. */
  readonly rangeTitle?: string
  readonly liveUnit: string
  readonly rangeUnit: string
  readonly live: (provider: LiveProvider) => number | null
  readonly range: UsageMetric
  readonly format: (value: number) => string
  readonly rangeFormat?: (value: number) => string
  readonly formatAxis?: (value: number) => string
  readonly rangeFormatAxis?: (value: number) => string
  /** How the providers' values become one: rates add up, percentiles do not. */
  readonly together: 'sum' | 'worst'
}

export const chartMetrics: readonly ChartMetric[] = [
  {
    key: 'rate',
    title: 'Requests',
    liveUnit: 'per second',
    rangeUnit: 'per bucket',
    live: ({ requestsPerSecond }) => requestsPerSecond,
    range: 'REQUESTS',
    format: rate,
    together: 'sum',
  },
  {
    key: 'latency',
    title: 'Latency',
    liveUnit: 'p95 of the last minute',
    rangeUnit: 'p95',
    live: ({ latencyP95Ms }) => latencyP95Ms,
    range: 'LATENCY_P95',
    format: duration,
    formatAxis: axisDuration,
    rangeFormatAxis: axisDuration,
    together: 'worst',
  },
  {
    key: 'cost',
    title: 'Cost',
    liveUnit: 'per minute',
    rangeUnit: 'per bucket',
    live: ({ costPerMinute }) => Number(costPerMinute),
    range: 'COST',
    format: (dollars) => shortMoney(dollars.toFixed(10)),
    formatAxis: axisMoney,
    rangeFormatAxis: axisMoney,
    together: 'sum',
  },
  {
    key: 'tokens',
    title: 'Tokens',
    liveUnit: 'per second',
    rangeUnit: 'output, per bucket',
    live: ({ tokensPerSecond }) => tokensPerSecond,
    range: 'OUTPUT_TOKENS',
    format: shortCount,
    together: 'sum',
  },
  {
    key: 'errors',
    title: 'Errors',
    liveUnit: 'per second',
    rangeUnit: 'per bucket',
    live: ({ errorsPerSecond }) => errorsPerSecond,
    range: 'ERRORS',
    format: rate,
    together: 'sum',
  },
  {
    key: 'busy',
    title: 'In flight',
    rangeTitle: 'First token',
    liveUnit: 'now',
    rangeUnit: 'p95',
    live: ({ inFlight }) => inFlight,
    range: 'TTFT_P95',
    format: rate,
    rangeFormat: duration,
    rangeFormatAxis: axisDuration,
    together: 'sum',
  },
]
