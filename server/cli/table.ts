/** A column of a table on the terminal. */
export interface Column<Row> {
  readonly title: string
  /** Null and undefined are unknown, shown as a dash. */
  readonly value: (row: Row) => string | number | null | undefined
  /** For numbers. @default false */
  readonly right?: boolean
  /** May be cut, with an ellipsis, where the terminal is too narrow. @default false */
  readonly shrinks?: boolean
}

const gap = '  '
const leastWidth = 6

/**
 * Lays rows out under their titles.
 *
 * @param width Columns of the terminal; undefined for a pipe, where nothing is cut.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  { columns, width }: { columns: readonly Column<Row>[]; width: number | undefined },
): string {
  const cells = rows.map((row) => columns.map(({ value }) => String(value(row) ?? '-')))
  const wanted = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map((line) => line[at]?.length ?? 0)),
  )
  const widths = fit(wanted, { columns, width })
  const lineOf = (line: readonly string[]) =>
    line
      .map((cell, at) => {
        const room = widths[at] ?? 0
        const text = cell.length > room ? `${cell.slice(0, room - 1)}…` : cell
        return columns[at]?.right ? text.padStart(room) : text.padEnd(room)
      })
      .join(gap)
      .trimEnd()
  return [columns.map(({ title }) => title), ...cells].map(lineOf).join('\n')
}

function fit<Row>(
  wanted: readonly number[],
  { columns, width }: { columns: readonly Column<Row>[]; width: number | undefined },
): readonly number[] {
  if (width === undefined) return wanted
  const total = wanted.reduce((sum, one) => sum + one, gap.length * (wanted.length - 1))
  let excess = total - width
  return wanted.map((one, at) => {
    if (excess <= 0 || !columns[at]?.shrinks) return one
    const less = Math.min(excess, Math.max(0, one - leastWidth))
    excess -= less
    return one - less
  })
}
