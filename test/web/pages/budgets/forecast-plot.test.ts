import { expect, it } from 'vitest'
import { aBudget } from '#test/support/a-budget.ts'
import { forecastPlot } from '#web/pages/budgets/forecast-plot.ts'

const now = Date.parse('2026-11-16T00:00:00Z')

it('leads from what is spent to what will be, over the period', () => {
  const plot = forecastPlot(aBudget(), { now, usage: [] })
  expect(plot).toMatchObject({
    now: 0.5,
    spent: [
      { at: 0, level: 0 },
      { at: 0.5, level: 0.25 },
    ],
    forecast: [
      { at: 0.5, level: 0.25 },
      { at: 1, level: 0.5 },
    ],
    exhausts: null,
  })
})

it('takes its shape from what the requests cost, and its end from the budget', () => {
  const usage = [
    { at: '2026-11-01T00:00:00Z', cost: 5 },
    { at: '2026-11-07T00:00:00Z', cost: 20 },
  ]
  const spent = forecastPlot(aBudget(), { now, usage })?.spent ?? []
  expect(spent.map(({ at, level }) => [at, Number(level.toFixed(4))])).toEqual([
    [0, 0],
    [0.2, 0.05],
    [0.5, 0.25],
  ])
})

it('starts at nothing where the budget is younger than the requests', () => {
  const usage = [
    { at: '2026-11-01T00:00:00Z', cost: 500 },
    { at: '2026-11-07T00:00:00Z', cost: 20 },
  ]
  const spent = forecastPlot(aBudget(), { now, usage })?.spent ?? []
  expect(spent.map(({ level }) => Number(level.toFixed(4)))).toEqual([0, 0.05, 0.25])
})

it('marks where the limit is reached, and makes room for what goes beyond', () => {
  const forecast = { projectedSpend: '200', exhaustsAt: '2026-11-25T00:00:00Z' }
  const plot = forecastPlot(aBudget({ forecast }), { now, usage: [] })
  expect(plot?.exhausts).toEqual({ at: 0.8, level: 1 })
  expect(plot?.top).toBeGreaterThan(2)
})

it('draws nothing of a budget without an end', () => {
  const budget = aBudget({ resetsAt: null, period: 'TOTAL', forecast: null })
  expect(forecastPlot(budget, { now, usage: [] })).toBeNull()
})
