import { expect, it } from 'vitest'
import { aBudget } from '#test/support/a-budget.ts'
import {
  barText,
  budgetRule,
  forecastText,
  limitText,
  resetText,
} from '#web/pages/budgets/budget-words.ts'

const now = Date.parse('2026-11-16T00:00:00Z')

it.each([
  ['100', '$100.00'],
  ['5.5000', '$5.50'],
  ['0.000001', '$0.000001'],
])('writes the limit %s as %s', (limit, text) => {
  expect(limitText(limit)).toBe(text)
})

it('says the rule, and where it begins anew in its own zone', () => {
  expect(budgetRule(aBudget())).toBe('$100.00 a month')
  expect(
    resetText(aBudget({ timeZone: 'Europe/Berlin', resetsAt: '2026-11-30T23:00:00Z' }), now),
  ).toEqual({ at: 'Resets 1 Dec, 00:00 Berlin', left: 'in 14 d 23 h' })
  expect(resetText(aBudget({ resetsAt: null }), now)).toEqual({ at: 'Never reset', left: '' })
})

it.each<[object, string, string]>([
  [{}, 'Lasts', '50% by the reset, $50.00'],
  [
    { forecast: { projectedSpend: '130', exhaustsAt: '2026-11-20T12:00:00Z' } },
    'Runs out in 4 d 12 h',
    '20 Nov, 12:00, at the current rate',
  ],
  [{ forecast: null }, 'No forecast yet', 'Too little of the period is over to tell when.'],
  [
    { forecast: null, spent: '90' },
    'Nearly used up',
    'Too little of the period is over to tell when.',
  ],
  [{ spent: '100' }, 'Used up', 'Calls are refused.'],
  [{ spent: '100', action: 'NOTIFY' }, 'Used up', 'Calls go on.'],
  [{ paused: true }, 'Paused', 'It neither counts nor refuses.'],
])('says what becomes of %o', (changes, text, detail) => {
  expect(forecastText(aBudget(changes), now)).toEqual({ text, detail })
})

it('tells the whole bar to whoever does not see it', () => {
  expect(barText(aBudget({ reserved: '0.5' }))).toBe(
    '$25.000000 spent, $0.500000 held and $75.000000 left of $100.00',
  )
})
