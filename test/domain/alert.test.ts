import { describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import { type AlertedAllowance, crossingAlert, isExhausted, overageAlert } from '#domain/alert.ts'

const budget: AlertedAllowance = {
  id: 'b',
  tenantId: defaultTenantId,
  kind: 'BUDGET',
  name: 'Team A',
  limit: 100_000_000_000n,
  unit: 'TICKS',
  spent: 81_000_000_000n,
}
const quota: AlertedAllowance = { ...budget, kind: 'QUOTA', unit: 'TOKENS', limit: 10n, spent: 10n }

describe('a crossed threshold', () => {
  it('is a condition of its own, and says how the budget stands', () => {
    expect(crossingAlert(budget, 0.8)).toEqual({
      tenantId: defaultTenantId,
      kind: 'BUDGET_THRESHOLD',
      subjectKey: 'b/0.8',
      subject: 'Budget “Team A”',
      message: '8.1 of 10 USD are used of the budget “Team A”: more than 80 %.',
    })
  })

  it.each([1, 1.5])('of %d is exhaustion', (crossed) => {
    expect(crossingAlert(budget, crossed)).toMatchObject({
      kind: 'BUDGET_EXHAUSTED',
      subjectKey: 'b',
    })
    expect(crossingAlert(quota, crossed)).toMatchObject({
      kind: 'QUOTA_EXHAUSTED',
      message: expect.stringContaining('10 of 10 tokens are used of the quota'),
    })
  })

  it('below its limit is nobody’s business of a quota', () => {
    expect(crossingAlert(quota, 0.5)).toBeUndefined()
  })
})

it.each([
  [95n, 100n, true],
  [94n, 100n, false],
  [0n, 0n, true],
  [0n, 1n, false],
])('%d of %d leaves too little: %s', (spent, limit, expected) => {
  expect(isExhausted({ spent, limit })).toBe(expected)
})

it('a call above its hold is told by the budget that it may have overrun', () => {
  expect(overageAlert(budget, { model: 'openai:m', above: 5_000_000n })).toMatchObject({
    subjectKey: 'b/overage',
    message: expect.stringContaining('openai:m cost 0.0005 USD more than was set aside'),
  })
})
