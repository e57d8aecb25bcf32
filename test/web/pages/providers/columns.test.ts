import { expect, it } from 'vitest'
import { aLiveProvider, aProvider } from '#test/support/a-provider.ts'
import {
  type ColumnKey,
  columns,
  directionOf,
  nextSort,
  rowOrderOf,
  sortedRows,
} from '#web/pages/providers/columns.ts'
import type { CompareRow } from '#web/pages/providers/compare-row.ts'

const row = (
  name: string,
  {
    live = {},
    ...changes
  }: NonNullable<Parameters<typeof aProvider>[0]> & {
    live?: Parameters<typeof aLiveProvider>[0]
  } = {},
): CompareRow => ({
  provider: aProvider({ name, priority: 'abc'.indexOf(name) + 1, ...changes }),
  live: aLiveProvider({ name, ...live }),
})

const limits = {
  requestsLimit: 100,
  requestsRemaining: 90,
  tokensLimit: 1000,
  tokensRemaining: 20,
  resetsAt: null,
}
/** Of three providers `b` is the one to look at, and of `c` nothing is known. */
const rows = [
  row('a', { live: { costPerMinute: '0.9', errorsPerSecond: 0 } }),
  row('b', {
    health: { state: 'DOWN', successRate: 0.1, latencyP50Ms: 900, latencyP95Ms: 2000 },
    circuit: { state: 'OPEN' },
    credential: 'REJECTED',
    queued: 4,
    upstreamLimits: limits,
    live: { requestsPerSecond: 9, errorsPerSecond: 2, costPerMinute: '10' },
  }),
  {
    ...row('c', { health: { successRate: null, latencyP50Ms: null, latencyP95Ms: null } }),
    live: null,
  },
]
const names = (key: ColumnKey, isReversed = false) =>
  sortedRows(rows, { key, isReversed }).map(({ provider }) => provider.name)

it.each<[ColumnKey, string]>([
  ['health', 'bac'],
  ['circuit', 'bac'],
  ['success', 'bac'],
  ['p50', 'bac'],
  ['p95', 'bac'],
  ['rate', 'bac'],
  ['errors', 'bac'],
  ['cost', 'bac'],
  ['busy', 'bac'],
  ['limits', 'bac'],
  ['key', 'bac'],
  ['order', 'abc'],
  ['name', 'abc'],
])('sorts by %s so that %s is their order', (key, order) => {
  expect(names(key).join('')).toBe(order)
})

it('has a test of every column', () => {
  expect(columns).toHaveLength(13)
})

it('turns an order round, and leaves what nobody knows at the end', () => {
  expect(names('success', true)).toEqual(['a', 'b', 'c'])
  expect(names('rate', true)).toEqual(['a', 'b', 'c'])
  expect(names('name', true)).toEqual(['c', 'b', 'a'])
})

it('compares costs as numbers', () => {
  expect(names('cost')[0]).toBe('b')
})

it.each([
  [null, { key: 'health', isReversed: false }],
  ['p95', { key: 'p95', isReversed: false }],
  ['-p95', { key: 'p95', isReversed: true }],
  ['-health', { key: 'health', isReversed: true }],
  ['nothing', { key: 'health', isReversed: false }],
] as const)('reads %s in the address', (sort, order) => {
  expect(rowOrderOf(sort)).toEqual(order)
})

it('goes by clicks from the worst first to the best first and back', () => {
  const first = nextSort(rowOrderOf(null), 'p95')
  expect(first).toBe('p95')
  const second = nextSort(rowOrderOf(first), 'p95')
  expect(second).toBe('-p95')
  expect(nextSort(rowOrderOf(second), 'p95')).toBe('p95')
  expect(nextSort(rowOrderOf(first), 'health')).toBeNull()
})

it('says how the values run', () => {
  expect(directionOf(rowOrderOf('p95'))).toBe('descending')
  expect(directionOf(rowOrderOf('-p95'))).toBe('ascending')
  expect(directionOf(rowOrderOf('success'))).toBe('ascending')
  expect(directionOf(rowOrderOf(null))).toBe('ascending')
})
