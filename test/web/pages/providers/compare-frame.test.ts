import { expect, it } from 'vitest'
import type { ProviderComparisonQuery, UsageMetric } from '#web/graphql/documents.ts'
import { compareSeries, namesIn, rangeTotal } from '#web/pages/providers/compare-frame.ts'

type Report = ProviderComparisonQuery['usage']

const series = (
  metric: UsageMetric,
  value: string | null,
  values: readonly (number | null)[],
): Report['series'][number] => ({
  key: value === null ? [] : [{ value }],
  isOther: value === null,
  metric,
  values: [...values],
  total: 7,
})

const report: Report = {
  buckets: ['2026-11-22T12:00:00Z', '2026-11-22T12:01:00Z'],
  lastBucketPartial: true,
  series: [
    series('REQUESTS', 'xai', [1, 2]),
    series('REQUESTS', 'acme', [3, null]),
    series('REQUESTS', '', [4, 4]),
    series('REQUESTS', null, [5, 5]),
    series('LATENCY_P95', 'acme', [90, null]),
  ],
}

it('names the providers once, those that ended before any, and the rest', () => {
  expect(namesIn(report)).toEqual(['None', 'Other', 'acme', 'xai'])
})

it('draws a line for each name in its own colour, with gaps where nothing is known', () => {
  const colours = new Map([['acme', '--series-1']])
  expect(compareSeries(report, 'LATENCY_P95', { names: ['acme', 'xai'], colours })).toEqual([
    { name: 'acme', colour: '--series-1', values: [90, null] },
    { name: 'xai', colour: '--idle-mark', values: [null, null] },
  ])
})

it('knows the whole range as a number', () => {
  expect(rangeTotal(report, { metric: 'LATENCY_P95', name: 'acme' })).toBe(7)
  expect(rangeTotal(report, { metric: 'LATENCY_P95', name: 'xai' })).toBeNull()
})
