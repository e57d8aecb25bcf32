import type uPlot from 'uplot'

/** One line of a chart. */
export interface PlotSeries {
  readonly name: string
  /** A custom property of the theme. */
  readonly colour: string
  /** One per instant; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

export interface PlotLook {
  /** The element whose custom properties colour the plot. */
  readonly host: HTMLElement
  readonly width: number
  readonly height: number
  readonly formatAxis: (value: number) => string
  /** An instant (epoch seconds) as the axis says it; `stepS` is the distance to the next one. */
  readonly formatTime: (seconds: number, stepS: number) => string
  /** The shown span in epoch seconds, read at every draw; without one it is that of the data. */
  readonly span: () => readonly [number, number] | null
  /** Charts with the same key share their cross-hair. */
  readonly syncKey: string
  readonly pointed: (plot: uPlot) => void
}

const font = '11px "Inter Variable", Inter, ui-sans-serif, system-ui, "Open Sans", sans-serif'

/**
 * Options of a line chart. Colours are read from the theme while drawing, so another theme only needs a redraw.
 *
 * @param lines The series in the order of the data; a dashed one continues its namesake into a bucket still filling.
 */
export function plotOptions(
  lines: readonly { readonly colour: string; readonly dashed: boolean }[],
  look: PlotLook,
): uPlot.Options {
  const colour = (name: string) => getComputedStyle(look.host).getPropertyValue(name).trim()
  const ticks = { show: false }
  const grid = { stroke: () => colour('--line'), width: 1 }
  return {
    width: look.width,
    height: look.height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7, width: 0 },
      drag: { x: false, y: false },
      sync: { key: look.syncKey },
    },
    scales: {
      x: {
        time: true,
        range: (_plot, min, max) => {
          const [from, to] = look.span() ?? [min, max]
          return [from, to]
        },
      },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] },
    },
    axes: [
      {
        stroke: () => colour('--text-3'),
        font,
        grid: { show: false },
        ticks,
        size: 24,
        gap: 6,
        // Hours and minutes need less room than seconds, which only short spans show.
        space: ({ scales }) => ((scales['x']?.max ?? 0) - (scales['x']?.min ?? 0) < 240 ? 72 : 46),
        values: (_plot, splits) => {
          const stepS = (splits[1] ?? 0) - (splits[0] ?? 0)
          return splits.map((at) => look.formatTime(at, stepS))
        },
      },
      {
        stroke: () => colour('--text-3'),
        font,
        grid,
        ticks,
        size: 52,
        gap: 6,
        space: 32,
        values: (_plot, splits) => splits.map((value) => look.formatAxis(value)),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        stroke: () => colour(line.colour),
        width: 1.5,
        ...(line.dashed && { dash: [3, 4] }),
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [look.pointed] },
  }
}

/** Columns as uPlot wants them. With a partial last bucket each series is cut before it, and a second one leads into it. */
export function plotData(
  instants: readonly number[],
  series: readonly PlotSeries[],
  { lastPartial }: { lastPartial: boolean },
): uPlot.AlignedData {
  const columns: (number | null)[][] = series.map(({ values }) =>
    lastPartial ? [...values.slice(0, -1), null] : [...values],
  )
  const tails = lastPartial
    ? series.map(({ values }) => values.map((value, at) => (at < values.length - 2 ? null : value)))
    : []
  return [[...instants], ...columns, ...tails]
}
