import { describe, expect, it } from 'vitest'
import {
  addCell,
  addDistribution,
  emptyCell,
  metricValue,
  type UsageSums,
} from '#domain/usage-metric.ts'

const cellOf = (sums: Partial<UsageSums>) => {
  const cell = emptyCell()
  Object.assign(cell.sums, sums)
  return cell
}

describe('metricValue', () => {
  it.each([
    [
      'COST',
      { requests: 2, cost: 15_000_000_001n },
      { value: 1.5000000001, exact: '1.5000000001' },
    ],
    ['COST', { requests: 2, unpriced: 2 }, { value: null, exact: null }],
    ['COST', { requests: 2, unpriced: 1 }, { value: 0, exact: '0' }],
    ['ERROR_RATE', { requests: 4, errors: 1 }, { value: 0.25, exact: null }],
    ['ERROR_RATE', {}, { value: null, exact: null }],
    [
      'COST_PER_REQUEST',
      { requests: 3, unpriced: 1, cost: 10_000_000_000n },
      { value: 0.5, exact: null },
    ],
    ['FALLBACK_RATE', { requests: 4, fallbacks: 3 }, { value: 0.75, exact: null }],
    ['REQUESTS', {}, { value: 0, exact: null }],
    ['LATENCY_P95', { requests: 1 }, { value: null, exact: null }],
  ] as const)('of %s over %o is %o', (metric, sums, value) => {
    expect(metricValue(metric, cellOf(sums))).toEqual(value)
  })
})

describe('addCell', () => {
  it('adds sums and histograms', () => {
    const whole = cellOf({ requests: 1, cost: 5n })
    addDistribution(whole, 'latency', new Map([[200, 1]]))
    const part = cellOf({ requests: 2, cost: 7n })
    addDistribution(
      part,
      'latency',
      new Map([
        [200, 1],
        [201, 1],
      ]),
    )
    addCell(whole, part)
    expect(whole.sums).toMatchObject({ requests: 3, cost: 12n })
    expect(whole.distributions.get('latency')).toEqual(
      new Map([
        [200, 2],
        [201, 1],
      ]),
    )
  })
})
