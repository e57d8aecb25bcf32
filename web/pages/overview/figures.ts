import { change, count, percent } from '#web/format/number.ts'
import { duration } from '#web/format/duration.ts'
import { exactMoney, shortMoney } from '#web/format/money.ts'
import type { OverviewFiguresQuery, UsageMetric } from '#web/graphql/documents.ts'

type Report = OverviewFiguresQuery['usage']
type Total = Report['totals'][number]

/** One headline number: what it is, what it was, how it went. */
export interface FigureFacts {
  readonly label: string
  readonly value: string
  /** Where one hovers. */
  readonly exact: string
  /** The value of the range before, in words; empty where there was none. */
  readonly change: string
  readonly colour: string
  readonly values: readonly (number | null)[]
}

interface FigureSpec {
  readonly metric: UsageMetric
  readonly label: string
  readonly colour: string
  readonly show: (total: Total) => string
  readonly exact?: (total: Total) => string
}

const specs: readonly FigureSpec[] = [
  { metric: 'REQUESTS', label: 'Requests', colour: '--accent', show: ({ value }) => count(value) },
  { metric: 'ERRORS', label: 'Errors', colour: '--bad-mark', show: ({ value }) => count(value) },
  {
    metric: 'COST',
    label: 'Cost',
    colour: '--series-2',
    show: ({ exact }) => shortMoney(exact),
    exact: ({ exact }) => exactMoney(exact),
  },
  {
    metric: 'LATENCY_P95',
    label: 'Latency p95',
    colour: '--series-5',
    show: ({ value }) => duration(value),
  },
  {
    metric: 'TTFT_P95',
    label: 'First token p95',
    colour: '--series-7',
    show: ({ value }) => duration(value),
  },
  {
    metric: 'OVERHEAD_P95',
    label: 'Gateway overhead p95',
    colour: '--series-6',
    show: ({ value }) => duration(value),
  },
]

/** What the overview asks the usage report for. */
export const figureMetrics: UsageMetric[] = [
  ...specs.map(({ metric }) => metric),
  'ERROR_RATE',
  'UNPRICED_REQUESTS',
]

const absent = (metric: UsageMetric): Total => ({
  metric,
  value: null,
  exact: null,
  previous: null,
})

export function totalOf(report: Report, metric: UsageMetric): Total {
  return report.totals.find((total) => total.metric === metric) ?? absent(metric)
}

/** The headline numbers of a report, in the order in which they are shown. */
export function figuresOf(report: Report): readonly FigureFacts[] {
  return specs.map(({ metric, label, colour, show, exact }) => {
    const total = totalOf(report, metric)
    const moved = change(total.exact === null ? total.value : Number(total.exact), total.previous)
    const share =
      metric === 'ERRORS' && totalOf(report, 'ERROR_RATE').value !== null
        ? `${percent(totalOf(report, 'ERROR_RATE').value)} of all`
        : ''
    return {
      label,
      colour,
      value: show(total),
      exact: exact ? exact(total) : show(total),
      change: [share, total.previous ? moved : ''].filter(Boolean).join(' · '),
      values: report.series.find((series) => series.metric === metric)?.values ?? [],
    }
  })
}
