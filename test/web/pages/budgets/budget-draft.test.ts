import { expect, it } from 'vitest'
import { aBudget } from '#test/support/a-budget.ts'
import {
  changedFields,
  createInput,
  draftOf,
  draftProblems,
  newBudget,
  updateInput,
} from '#web/pages/budgets/budget-draft.ts'

const blank = newBudget({ tenantId: 't1', timeZone: 'Europe/Berlin' })
const from = aBudget()
const draft = draftOf(from)

it('is not sent without a name, a scope and an amount', () => {
  expect(Object.keys(draftProblems({ ...blank, scopeValue: '' }))).toEqual([
    'name',
    'scopeValue',
    'limit',
  ])
  expect(draftProblems({ ...blank, name: 'All', limit: '0.5' })).toEqual({})
  expect(draftProblems({ ...draft, thresholds: '80, 50' })).toHaveProperty('thresholds')
})

it('sends amounts as text, exact to the sixth decimal', () => {
  const input = createInput({ ...blank, name: ' All ', limit: '$9,007,199,254,740,993.000001' })
  expect(input).toEqual({
    name: 'All',
    scope: { kind: 'TENANT', value: 't1' },
    limit: '9007199254740993.000001',
    period: 'MONTHLY',
    timeZone: 'Europe/Berlin',
    action: 'BLOCK',
    alertThresholds: [0.5, 0.8, 1],
  })
})

it('sends only what was changed', () => {
  expect(updateInput({ ...draft, limit: '120' }, { from, expectedVersion: 3 })).toEqual({
    id: 'b1',
    expectedVersion: 3,
    limit: '120',
  })
})

it.each([
  { limit: '100.00' },
  { limit: '$100' },
  { thresholds: '50 80 100%' },
  { name: 'Everything ' },
])('takes another spelling for no change: %o', (change) => {
  expect(changedFields({ ...draft, ...change }, draft)).toEqual([])
})

it.each<[object, string]>([
  [{ limit: '100.000001' }, 'limit'],
  [{ action: 'NOTIFY' }, 'action'],
  [{ thresholds: '' }, 'thresholds'],
  [{ timeZone: 'Asia/Tokyo' }, 'timeZone'],
])('sees the change %o', (change, field) => {
  expect(changedFields({ ...draft, ...change }, draft)).toEqual([field])
})

it('begins an edit with the amount as one writes it', () => {
  expect(draftOf(aBudget({ limit: '5.5000000000' })).limit).toBe('5.5')
  expect(draftOf(aBudget({ limit: '100' })).limit).toBe('100')
  expect(draftOf(aBudget({ limit: '100.0' })).limit).toBe('100')
})
