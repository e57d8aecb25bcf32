import { expect, it } from 'vitest'
import { plotData } from '#web/charts/plot.ts'

const series = [{ name: 'a', colour: '--series-1', values: [1, 2, null, 4] }]

it('draws whole series over their instants', () => {
  expect(plotData([10, 20, 30, 40], series, { lastPartial: false })).toEqual([
    [10, 20, 30, 40],
    [1, 2, null, 4],
  ])
})

it('gives the last, still filling bucket a line of its own that joins the rest', () => {
  const filling = [{ name: 'a', colour: '--series-1', values: [1, 2, 3, 4] }]
  expect(plotData([10, 20, 30, 40], filling, { lastPartial: true })).toEqual([
    [10, 20, 30, 40],
    [1, 2, 3, null],
    [null, null, 3, 4],
  ])
})
