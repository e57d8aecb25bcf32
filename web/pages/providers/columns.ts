import { type CompareRow, latencyOf } from './compare-row.ts'
import { badness } from './provider-rank.ts'

export type ColumnKey =
  | 'name'
  | 'health'
  | 'circuit'
  | 'success'
  | 'p50'
  | 'p95'
  | 'rate'
  | 'errors'
  | 'cost'
  | 'busy'
  | 'limits'
  | 'key'
  | 'order'

/** What of providers is compared. */
export interface Column {
  readonly key: ColumnKey
  readonly label: string
  /** Where one hovers. */
  readonly hint: string
  /** What it is sorted by; null comes last, whichever way. */
  readonly value: (row: CompareRow) => number | string | null
  /** Which values come first at first. */
  readonly first: 'low' | 'high'
  readonly isNumber: boolean
}

const circuits = ['OPEN', 'HALF_OPEN', 'CLOSED']
const credentials = ['REJECTED', 'MISSING', 'PRESENT', 'NOT_NEEDED']

/** The part of what the provider allows that is left, of whichever there is less; null where it has not said. */
function leastLeft({ provider: { upstreamLimits: limits } }: CompareRow): number | null {
  const shares = [
    [limits?.requestsRemaining, limits?.requestsLimit],
    [limits?.tokensRemaining, limits?.tokensLimit],
  ].flatMap(([left, all]) => (typeof left === 'number' && all ? [left / all] : []))
  return shares.length === 0 ? null : Math.min(...shares)
}

const number = (
  key: ColumnKey,
  label: string,
  rest: Pick<Column, 'hint' | 'value'> & Partial<Column>,
): Column => ({ key, label, first: 'high', isNumber: true, ...rest })

const text = (
  key: ColumnKey,
  label: string,
  rest: Pick<Column, 'hint' | 'value'> & Partial<Column>,
): Column => ({ key, label, first: 'low', isNumber: false, ...rest })

export const columns: readonly Column[] = [
  text('name', 'Provider', {
    hint: 'Name, as in provider:model, and kind',
    value: ({ provider }) => provider.name,
  }),
  text('health', 'Health', {
    hint: 'State, and score from 0 to 100, of the last five minutes',
    value: ({ provider }) => badness(provider),
  }),
  text('circuit', 'Circuit', {
    hint: 'The worst of the circuits of its models',
    value: ({ provider }) => circuits.indexOf(provider.circuit.state),
  }),
  number('success', 'Success', {
    hint: 'Share of attempts that worked in the last five minutes',
    value: ({ provider }) => provider.health.successRate,
    first: 'low',
  }),
  number('p50', 'p50', {
    hint: 'Half of the attempts were faster: in the last minute, else in the last five',
    value: (row) => latencyOf(row, 'latencyP50Ms').ms,
  }),
  number('p95', 'p95', {
    hint: 'One attempt in twenty was slower: in the last minute, else in the last five',
    value: (row) => latencyOf(row, 'latencyP95Ms').ms,
  }),
  number('rate', 'Req/s', {
    hint: 'Requests in the last second',
    value: ({ live }) => live?.requestsPerSecond ?? null,
  }),
  number('errors', 'Err/s', {
    hint: 'Failed requests in the last second',
    value: ({ live }) => live?.errorsPerSecond ?? null,
  }),
  number('cost', 'Cost/min', {
    hint: 'What the calls of the last minute cost',
    value: ({ live }) => (live ? Number(live.costPerMinute) : null),
  }),
  number('busy', 'In flight', {
    hint: 'Calls that it is working on, and calls that wait for it',
    value: ({ provider, live }) => (live?.inFlight ?? provider.inFlight) + provider.queued,
  }),
  text('limits', 'Its own limits', {
    hint: 'What its rate-limit headers last said is left',
    value: leastLeft,
  }),
  text('key', 'Key', {
    hint: 'Whether it has a key, and takes it',
    value: ({ provider }) => credentials.indexOf(provider.credential),
  }),
  number('order', 'Order', {
    hint: 'Place in the configuration, and share where a route is weighted',
    value: ({ provider }) => provider.priority,
    first: 'low',
  }),
]

/** An order of the rows, as the address says it: `sort=p95`, or `sort=-p95` for the other way round. */
export interface RowOrder {
  readonly key: ColumnKey
  readonly isReversed: boolean
}

/** The order that the address asks for. Without one the worst comes first. */
export function rowOrderOf(sort: string | null): RowOrder {
  const isReversed = sort?.startsWith('-') ?? false
  const wanted = isReversed ? sort?.slice(1) : sort
  const column = columns.find(({ key }) => key === wanted)
  return column ? { key: column.key, isReversed } : { key: 'health', isReversed: false }
}

/** What a click on a column's head makes of the order; null for the usual one. */
export function nextSort(now: RowOrder, key: ColumnKey): string | null {
  if (now.key === key && !now.isReversed) return `-${key}`
  return key === 'health' ? null : key
}

/** How a sorted column runs, for whoever does not see the arrow. */
export function directionOf({ key, isReversed }: RowOrder): 'ascending' | 'descending' {
  const { first } = columns.find((column) => column.key === key) ?? { first: 'low' }
  return (first === 'low') === isReversed ? 'descending' : 'ascending'
}

/** Rows in an order; those that stand alike keep the one of the configuration. */
export function sortedRows(
  rows: readonly CompareRow[],
  { key, isReversed }: RowOrder,
): readonly CompareRow[] {
  const column = columns.find((one) => one.key === key)
  if (!column) return rows
  const sign = (column.first === 'low') === isReversed ? -1 : 1
  const ranked = rows.map((row) => ({ row, value: column.value(row) }))
  return ranked
    .toSorted((a, b) => {
      if (a.value === null || b.value === null)
        return Number(a.value === null) - Number(b.value === null) || byPlace(a.row, b.row)
      const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0
      return sign * order || byPlace(a.row, b.row)
    })
    .map(({ row }) => row)
}

const byPlace = (a: CompareRow, b: CompareRow) => a.provider.priority - b.provider.priority
