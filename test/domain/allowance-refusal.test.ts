import { describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { busy, exceeded } from '#domain/allowance-refusal.ts'

const budget: Allowance = {
  id: 'a',
  tenantId: 't',
  kind: 'BUDGET',
  name: 'Team A',
  scope: { kind: 'END_USER', value: 'ada' },
  unit: 'TICKS',
  limit: 100_000_000_000n,
  period: 'MONTH',
  timeZone: 'Europe/Berlin',
  action: 'BLOCK',
  thresholds: [],
}
const quota: Allowance = {
  ...budget,
  kind: 'QUOTA',
  unit: 'REQUESTS',
  limit: 5n,
  period: 'HOUR',
  timeZone: 'UTC',
}
const at = { spent: 99_990_000_000n, held: 10_000_000n, resetsAt: Date.UTC(2026, 10, 30, 23) }

describe('a refusal', () => {
  it('by a budget names it, its scope, what is spent and held, and the reset in its zone; it is final', () => {
    const error = exceeded({ allowance: budget, ...at }, 1000)
    expect(error.code).toBe('BUDGET_EXCEEDED')
    expect(error.status).toBe(402)
    expect(error.retryable).toBe(false)
    expect(error.details.retryAfterMs).toBeUndefined()
    expect(error.message).toBe(
      'The budget “Team A” of end user ada is 10 USD a month: 9.999 USD spent, 0.001 USD held. ' +
        'It leaves too little for this call; it begins anew at 2026-12-01T00:00:00+01:00[Europe/Berlin].',
    )
  })

  it('by a budget without an end says that somebody has to raise it', () => {
    const { message } = exceeded(
      { allowance: { ...budget, period: 'TOTAL' }, ...at, resetsAt: null },
      null,
    )
    expect(message).toContain('is 10 USD: 9.999 USD spent')
    expect(message).toMatch(/; somebody has to raise it\.$/)
  })

  it('by a quota says when to come back', () => {
    const error = exceeded({ allowance: quota, spent: 5n, held: 0n, resetsAt: at.resetsAt }, 1200.5)
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', status: 429 })
    expect(error.details.retryAfterMs).toBe(1201)
    expect(error.message).toContain('is 5 requests an hour: 5 requests spent, 0 requests held.')
  })

  it.each([
    [budget, 'BUDGET_BUSY', /0.001 USD held\. Calls that run now hold the rest/],
    [
      { ...quota, unit: 'CONCURRENT_REQUESTS', period: 'TOTAL' } as const,
      'QUOTA_EXCEEDED',
      /is 5 requests at once: 10000000 run now\./,
    ],
  ])('for the holds of others is to be tried again shortly: $unit', (allowance, code, words) => {
    const error = busy({ allowance, ...at })
    expect(error.code).toBe(code)
    expect(error.details.retryAfterMs).toBe(1000)
    expect(error.message).toMatch(words)
  })
})
