import { addHistogram, type Histogram, quantile } from './histogram.ts'
import { formatUsd, type Ticks } from './money.ts'

export type UsageMetric =
  | 'REQUESTS'
  | 'ERRORS'
  | 'ERROR_RATE'
  | 'COST'
  | 'INPUT_TOKENS'
  | 'OUTPUT_TOKENS'
  | 'CACHE_READ_TOKENS'
  | 'REASONING_TOKENS'
  | 'LATENCY_P50'
  | 'LATENCY_P95'
  | 'LATENCY_P99'
  | 'TTFT_P50'
  | 'TTFT_P95'
  | 'OVERHEAD_P95'
  | 'TOKENS_PER_SECOND_P50'
  | 'COST_PER_REQUEST'
  | 'FALLBACK_RATE'
  | 'RETRIES'
  | 'UNPRICED_REQUESTS'

/** What is measured of every call and kept as a histogram. */
export type Distribution = 'latency' | 'first_token' | 'overhead' | 'tokens_per_second'

/** What a metric is read from, where that is a histogram. */
export const distributionOf: Readonly<
  Partial<Record<UsageMetric, readonly [Distribution, number]>>
> = {
  LATENCY_P50: ['latency', 0.5],
  LATENCY_P95: ['latency', 0.95],
  LATENCY_P99: ['latency', 0.99],
  TTFT_P50: ['first_token', 0.5],
  TTFT_P95: ['first_token', 0.95],
  OVERHEAD_P95: ['overhead', 0.95],
  TOKENS_PER_SECOND_P50: ['tokens_per_second', 0.5],
}

/** Sums over calls; all add up. */
export interface UsageSums {
  requests: number
  errors: number
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  reasoningTokens: number
  cost: Ticks
  unpriced: number
  retries: number
  fallbacks: number
}

/** All that is known of a group of calls. */
export interface UsageCell {
  readonly sums: UsageSums
  readonly distributions: Map<Distribution, Map<number, number>>
}

export interface MetricValue {
  /** Null where there is nothing to say: no call, or none with a known price. Never 0 for the unknown. */
  readonly value: number | null
  /** Money, exactly, in decimals of a US dollar; null for all other metrics. */
  readonly exact: string | null
}

export function emptyCell(): UsageCell {
  return {
    sums: {
      requests: 0,
      errors: 0,
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      reasoningTokens: 0,
      cost: 0n,
      unpriced: 0,
      retries: 0,
      fallbacks: 0,
    },
    distributions: new Map(),
  }
}

/** Adds the calls of `part` to those of `whole`. */
export function addCell(whole: UsageCell, part: UsageCell): void {
  const { cost, ...counts } = part.sums
  whole.sums.cost += cost
  for (const key of Object.keys(counts) as (keyof typeof counts)[]) whole.sums[key] += counts[key]
  for (const [name, histogram] of part.distributions) addDistribution(whole, name, histogram)
}

export function addDistribution(cell: UsageCell, name: Distribution, histogram: Histogram): void {
  const own = cell.distributions.get(name) ?? new Map<number, number>()
  cell.distributions.set(name, own)
  addHistogram(own, histogram)
}

/** Reads a metric off a group of calls. */
export function metricValue(metric: UsageMetric, cell: UsageCell): MetricValue {
  if (metric === 'COST') return knownCost(cell.sums)
  return { value: plainValue(metric, cell), exact: null }
}

/** Unknown when there is nothing but calls without a price. */
function knownCost({ cost, requests, unpriced }: UsageSums): MetricValue {
  if (cost === 0n && unpriced > 0 && unpriced >= requests) return { value: null, exact: null }
  return { value: usd(cost), exact: formatUsd(cost) }
}

function plainValue(
  metric: Exclude<UsageMetric, 'COST'>,
  { sums, distributions }: UsageCell,
): number | null {
  switch (metric) {
    case 'REQUESTS':
      return sums.requests
    case 'ERRORS':
      return sums.errors
    case 'ERROR_RATE':
      return ratio(sums.errors, sums.requests)
    case 'INPUT_TOKENS':
      return sums.inputTokens
    case 'OUTPUT_TOKENS':
      return sums.outputTokens
    case 'CACHE_READ_TOKENS':
      return sums.cacheReadTokens
    case 'REASONING_TOKENS':
      return sums.reasoningTokens
    case 'COST_PER_REQUEST':
      return ratio(usd(sums.cost), sums.requests - sums.unpriced)
    case 'FALLBACK_RATE':
      return ratio(sums.fallbacks, sums.requests)
    case 'RETRIES':
      return sums.retries
    case 'UNPRICED_REQUESTS':
      return sums.unpriced
    case 'LATENCY_P50':
    case 'LATENCY_P95':
    case 'LATENCY_P99':
    case 'TTFT_P50':
    case 'TTFT_P95':
    case 'OVERHEAD_P95':
    case 'TOKENS_PER_SECOND_P50': {
      const [name, q] = distributionOf[metric]!
      return quantile(distributions.get(name) ?? new Map(), q)
    }
  }
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)
const usd = (ticks: Ticks): number => Number(formatUsd(ticks))
