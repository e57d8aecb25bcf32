import { share, ticks } from '#web/format/ticks.ts'
import type { BudgetRowFragment } from '#web/graphql/documents.ts'

/** A point of the chart: a share of the period, and a share of the limit. */
export interface PlotPoint {
  readonly at: number
  readonly level: number
}

export interface ForecastPlot {
  /** What was spent, from the period's start until now. */
  readonly spent: readonly PlotPoint[]
  /** From now to the period's end; empty where nothing can be said yet. */
  readonly forecast: readonly PlotPoint[]
  readonly now: number
  /** Where the limit is reached. */
  readonly exhausts: PlotPoint | null
  /** The highest level that is drawn, at least the limit. */
  readonly top: number
}

/**
 * A budget's period as it is drawn.
 *
 * @param usage What the recorded requests of the period cost, bucket by bucket: it gives the line its shape, without it
 *   the line is straight. Its end is what the budget itself says is spent, so a budget that is younger than its period
 *   starts at nothing.
 * @returns Null for a budget whose period has no end and no forecast: there is nothing to draw it against.
 */
export function forecastPlot(
  budget: BudgetRowFragment,
  { now, usage }: { now: number; usage: readonly { readonly at: string; readonly cost: number }[] },
): ForecastPlot | null {
  const end = budget.resetsAt ?? budget.forecast?.exhaustsAt
  const startMs = Date.parse(budget.periodStart)
  const endMs = end ? Date.parse(end) : 0
  if (endMs <= startMs) return null
  const across = (ms: number) => Math.min(1, Math.max(0, (ms - startMs) / (endMs - startMs)))
  const limit = ticks(budget.limit)
  const level = share(ticks(budget.spent), limit)
  const nowAt = across(now)
  const projected = budget.forecast ? share(ticks(budget.forecast.projectedSpend), limit) : null
  const exhaustsAt = budget.forecast?.exhaustsAt ?? null
  return {
    spent: spentLine(usage, { level, nowAt, limit: Number(budget.limit), across }),
    forecast:
      projected === null
        ? []
        : [
            { at: nowAt, level },
            { at: 1, level: budget.resetsAt === null ? 1 : projected },
          ],
    now: nowAt,
    exhausts:
      exhaustsAt === null || level >= 1 ? null : { at: across(Date.parse(exhaustsAt)), level: 1 },
    top: Math.max(1, level, projected ?? 0) * 1.12,
  }
}

const straight = ({ level, nowAt }: { level: number; nowAt: number }): readonly PlotPoint[] => [
  { at: 0, level: 0 },
  { at: nowAt, level },
]

function spentLine(
  usage: readonly { readonly at: string; readonly cost: number }[],
  {
    level,
    nowAt,
    limit,
    across,
  }: { level: number; nowAt: number; limit: number; across: (ms: number) => number },
): readonly PlotPoint[] {
  const total = usage.reduce((sum, { cost }) => sum + cost, 0)
  if (total === 0 || limit === 0) return straight({ level, nowAt })
  let sum = 0
  const points = usage.map(({ at, cost }) => {
    const before = Math.max(0, level - (total - sum) / limit)
    sum += cost
    return { at: across(Date.parse(at)), level: before }
  })
  return [...points.filter(({ at }) => at <= nowAt), { at: nowAt, level }]
}
