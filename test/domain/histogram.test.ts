import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addHistogram,
  addValue,
  bucketOf,
  quantile,
  relativeError,
  unpackHistogram,
  valueOf,
} from '#domain/histogram.ts'

const values = fc.array(fc.double({ min: 0.01, max: 1e12, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
})

function histogramOf(list: readonly number[]): Map<number, number> {
  const histogram = new Map<number, number>()
  for (const value of list) addValue(histogram, value)
  return histogram
}

describe('histograms', () => {
  it('place every value within the relative error', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e12, noNaN: true }), (value) => {
        expect(Math.abs(valueOf(bucketOf(value)) - value) / value).toBeLessThanOrEqual(
          relativeError * 1.0001,
        )
      }),
    )
  })

  it('tell any quantile within the relative error of the value of that rank', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        const exact = list.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * list.length)) - 1]!
        expect(Math.abs(quantile(histogramOf(list), q)! - exact) / exact).toBeLessThanOrEqual(
          relativeError * 1.0001,
        )
      }),
    )
  })

  it('of parts add up to that of the whole', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const sum = histogramOf(one)
        addHistogram(sum, histogramOf(other))
        expect(sum).toEqual(histogramOf([...one, ...other]))
      }),
    )
  })

  it.each([0, 0.001])('count %d as nothing', (value) => {
    expect(quantile(histogramOf([value]), 0.5)).toBe(0)
  })

  it('of nothing have no quantile', () => {
    expect(quantile(new Map(), 0.5)).toBeNull()
  })

  it('are read as Postgres packs them', () => {
    const packed = [(5n << 40n) + 3n, ((700n << 40n) + 2n ** 39n).toString()]
    expect(unpackHistogram(packed)).toEqual(
      new Map([
        [5, 3],
        [700, 2 ** 39],
      ]),
    )
  })
})
