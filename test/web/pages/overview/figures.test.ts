import { expect, it } from 'vitest'
import type { OverviewFiguresQuery } from '#web/graphql/documents.ts'
import { figuresOf } from '#web/pages/overview/figures.ts'

type Report = OverviewFiguresQuery['usage']

const report = (totals: Report['totals']): Report => ({
  from: '2026-11-22T10:00:00Z',
  to: '2026-11-22T11:00:00Z',
  buckets: [],
  lastBucketPartial: true,
  freshAsOf: '2026-11-22T11:00:00Z',
  series: [{ metric: 'REQUESTS', values: [1, null, 3] }],
  totals,
})

const figure = (totals: Report['totals'], label: string) =>
  figuresOf(report(totals)).find((one) => one.label === label)

it('shows what was not measured as a dash', () => {
  expect(figure([], 'Latency p95')?.value).toBe('–')
  expect(figure([], 'Cost')?.value).toBe('–')
})

it('shows the exact cost where one hovers, whatever the float beside it says', () => {
  const cost = { metric: 'COST' as const, value: 0.1, exact: '12.0000000001', previous: null }
  expect(figure([cost], 'Cost')).toMatchObject({ value: '$12.00', exact: '$12.0000000001' })
})

it('says of errors which share they are, and compares with the range before', () => {
  const totals: Report['totals'] = [
    { metric: 'ERRORS', value: 6, exact: null, previous: 4 },
    { metric: 'ERROR_RATE', value: 0.03, exact: null, previous: null },
  ]
  expect(figure(totals, 'Errors')?.change).toBe('3% of all · +50%')
})

it('carries the values of its own metric', () => {
  expect(figure([], 'Requests')?.values).toEqual([1, null, 3])
  expect(figure([], 'Errors')?.values).toEqual([])
})
