import type { PlotSeries } from '#web/charts/plot.ts'
import type { OverviewChartsQuery } from '#web/graphql/documents.ts'
import type { LiveSample } from '#web/live-metrics.svelte.ts'
import { liveWindowS } from '#web/live-window.ts'
import type { ChartMetric } from './chart-metrics.ts'

/** What the charts draw: columns by provider over common instants. */
export interface ChartFrame {
  /** Epoch seconds. */
  readonly instants: readonly number[]
  readonly span: readonly [number, number] | null
  readonly lastPartial: boolean
  readonly names: readonly string[]
  readonly column: (metric: ChartMetric, name: string) => readonly (number | null)[]
}

/** A page just opened shows this much at first, and more as it comes. */
const shortestS = 60

const isBusy = (provider: LiveSample['providers'][number]) =>
  provider.requestsPerSecond > 0 || provider.inFlight > 0 || provider.errorsPerSecond > 0

/**
 * The last five minutes, a value a second.
 *
 * @param belongs Real providers or simulated ones: they are never in one chart.
 */
export function liveFrame(
  samples: readonly LiveSample[],
  belongs: (name: string) => boolean,
): ChartFrame {
  const instants = samples.map(({ at }) => Date.parse(at) / 1000)
  const last = instants.at(-1)
  const knownS = (last ?? 0) - (instants[0] ?? 0)
  const shownS = Math.max(shortestS, Math.min(knownS, liveWindowS))
  const rows = samples.map(({ providers }) => new Map(providers.map((one) => [one.name, one])))
  const all = (samples.at(-1)?.providers ?? []).map(({ name }) => name).filter(belongs)
  const busy = all.filter((name) =>
    rows.some((row) => {
      const one = row.get(name)
      return one !== undefined && isBusy(one)
    }),
  )
  return {
    instants,
    span: last === undefined ? null : [last - shownS, last],
    lastPartial: false,
    // With nobody busy one flat line says so; a line for each idle provider would say nothing more.
    names: (busy.length > 0 ? busy : all.slice(0, 1)).toSorted(),
    column: (metric, name) =>
      rows.map((row) => {
        const one = row.get(name)
        return one === undefined ? null : metric.live(one)
      }),
  }
}

type Report = OverviewChartsQuery['usage']

const nameOf = (series: Report['series'][number]) =>
  series.isOther ? 'Other' : (series.key[0]?.label ?? series.key[0]?.value ?? '')

/** The chosen range, a value a bucket. */
export function rangeFrame(report: Report): ChartFrame {
  const columns = new Map(
    report.series.map((series) => [`${series.metric} ${nameOf(series)}`, series.values]),
  )
  return {
    instants: report.buckets.map((at) => Date.parse(at) / 1000),
    span: null,
    lastPartial: report.lastBucketPartial,
    names: [...new Set(report.series.map(nameOf))].toSorted(),
    column: (metric, name) =>
      columns.get(`${metric.range} ${name}`) ?? report.buckets.map(() => null),
  }
}

/** The lines of one chart. */
export function plotSeries(
  frame: ChartFrame,
  metric: ChartMetric,
  { names, colours }: { names: readonly string[]; colours: ReadonlyMap<string, string> },
): readonly PlotSeries[] {
  return names.map((name) => ({
    name,
    colour: colours.get(name) ?? '--idle-mark',
    values: frame.column(metric, name),
  }))
}

/** The newest values of all lines as one; null where nothing is known. */
export function newest(series: readonly PlotSeries[], together: 'sum' | 'worst'): number | null {
  const values = series
    .map(({ values: all }) => all.at(-1) ?? null)
    .filter((value) => value !== null)
  if (values.length === 0) return null
  return together === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
}
