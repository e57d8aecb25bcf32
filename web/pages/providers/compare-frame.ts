import type { PlotSeries } from '#web/charts/plot.ts'
import { axisDuration, duration } from '#web/format/duration.ts'
import { percent, rate, shortCount } from '#web/format/number.ts'
import type { ProviderComparisonQuery, UsageMetric } from '#web/graphql/documents.ts'

type Report = ProviderComparisonQuery['usage']

/** What one chart compares. */
export interface CompareMetric {
  readonly metric: UsageMetric
  readonly title: string
  readonly unit: string
  readonly format: (value: number) => string
  readonly formatAxis: (value: number) => string
}

export const compareMetrics: readonly CompareMetric[] = [
  {
    metric: 'LATENCY_P95',
    title: 'Latency',
    unit: 'p95',
    format: duration,
    formatAxis: axisDuration,
  },
  {
    metric: 'ERROR_RATE',
    title: 'Error rate',
    unit: 'of the requests that ended there',
    format: percent,
    formatAxis: percent,
  },
  {
    metric: 'REQUESTS',
    title: 'Requests',
    unit: 'per bucket',
    format: rate,
    formatAxis: shortCount,
  },
]

const nameOf = ({ isOther, key }: Report['series'][number]) =>
  isOther ? 'Other' : key[0]?.value || 'None'

/** The providers of a report, in alphabetical order; `None` ended before any was asked. */
export function namesIn(report: Report): readonly string[] {
  return [...new Set(report.series.map(nameOf))].toSorted()
}

/** The lines of one chart, one for each name. */
export function compareSeries(
  report: Report,
  metric: UsageMetric,
  { names, colours }: { names: readonly string[]; colours: ReadonlyMap<string, string> },
): readonly PlotSeries[] {
  return names.map((name) => ({
    name,
    colour: colours.get(name) ?? '--idle-mark',
    values: find(report, { metric, name })?.values ?? report.buckets.map(() => null),
  }))
}

/** A metric of a provider over the whole range; null where nothing is known. */
export function rangeTotal(
  report: Report,
  of: { metric: UsageMetric; name: string },
): number | null {
  return find(report, of)?.total ?? null
}

function find(report: Report, { metric, name }: { metric: UsageMetric; name: string }) {
  return report.series.find((series) => series.metric === metric && nameOf(series) === name)
}
