import { expect, it } from 'vitest'
import { aBudget } from '#test/support/a-budget.ts'
import { atRiskFirst, budgetState, shares } from '#web/pages/budgets/budget-risk.ts'

const soon = { projectedSpend: '200', exhaustsAt: '2026-11-25T00:00:00Z' }
const later = { projectedSpend: '110', exhaustsAt: '2026-11-29T00:00:00Z' }

it.each<[object, string]>([
  [{}, 'fine'],
  [{ spent: '80' }, 'at-risk'],
  [{ spent: '70', reserved: '10' }, 'at-risk'],
  [{ forecast: soon }, 'at-risk'],
  [{ spent: '100' }, 'exhausted'],
  [{ spent: '99.9999999999' }, 'at-risk'],
  [{ limit: '0', spent: '0' }, 'exhausted'],
  [{ spent: '100', paused: true }, 'paused'],
])('%o is %s', (changes, state) => {
  expect(budgetState(aBudget(changes))).toBe(state)
})

it('draws spent and held as shares of the limit', () => {
  expect(shares({ spent: '25', reserved: '12.5', limit: '100' })).toEqual({
    used: 0.25,
    held: 0.125,
  })
  expect(shares({ spent: '150', reserved: '0', limit: '100' })).toEqual({ used: 1.5, held: 0 })
  expect(shares({ spent: '0', reserved: '3', limit: '0' })).toEqual({ used: 1, held: 0 })
})

const budgets = [
  aBudget({ id: 'paused', paused: true }),
  aBudget({ id: 'fine' }),
  aBudget({ id: 'fuller', spent: '30' }),
  aBudget({ id: 'later', forecast: later }),
  aBudget({ id: 'soon', forecast: soon }),
  aBudget({ id: 'gone', spent: '100' }),
]
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id)

it('puts what is in trouble first', () => {
  expect(ids(atRiskFirst(budgets))).toEqual(['gone', 'soon', 'later', 'fuller', 'fine', 'paused'])
})

it('leaves rows where they are while they stand alike', () => {
  const before = ['gone', 'later', 'soon', 'fine', 'fuller', 'paused']
  expect(ids(atRiskFirst(budgets, before))).toEqual(before)
})

it('moves a row whose state has changed, and adds a new one behind its like', () => {
  const worse = budgets.map((each) => (each.id === 'fine' ? { ...each, spent: '100' } : each))
  const before = ['gone', 'later', 'soon', 'fine', 'paused']
  expect(ids(atRiskFirst(worse, before))).toEqual([
    'gone',
    'fine',
    'later',
    'soon',
    'fuller',
    'paused',
  ])
})
