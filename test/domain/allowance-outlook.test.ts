import { describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { allowanceRefusals } from '#domain/allowance-outlook.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import type { Demand } from '#domain/reservation.ts'
import { allowanceState, anAllowance } from '#test/support/an-allowance.ts'
import { testPrice } from '#test/support/fake-gateway.ts'

/** 100 input tokens are 1,000,000 ticks, 100 output tokens 4,000,000. */
const demand: Demand = {
  inputTokens: 100,
  outputTokens: 100,
  leastOutputTokens: 16,
  price: testPrice,
}
const quota: Partial<Allowance> = { kind: 'QUOTA', unit: 'REQUESTS', limit: 1n, period: 'DAY' }

const state = (allowance: Partial<Allowance>, over: Partial<AllowanceState> = {}) =>
  allowanceState(anAllowance(allowance), over)
const codesOf = (...states: AllowanceState[]) =>
  allowanceRefusals(demand, states).map(
    ({ code, details }) => `${code} ${details.allowance?.allowance.id}`,
  )

describe('nothing stands in the way', () => {
  it.each<[string, AllowanceState]>([
    ['where the call fits', state({ limit: 5_000_000n })],
    ['where a smaller answer fits, which is then asked for', state({ limit: 1_700_000n })],
    ['where a budget only tells', state({ limit: 0n, action: 'NOTIFY' })],
    ['where the quota has one left', state(quota)],
  ])('%s', (_sentence, each) => {
    expect(allowanceRefusals(demand, [each])).toEqual([])
  })
})

describe('in the way stands', () => {
  it.each<[string, AllowanceState]>([
    ['BUDGET_EXCEEDED', state({ limit: 5_000_000n }, { spent: 4_900_000n })],
    ['BUDGET_BUSY', state({ limit: 5_000_000n }, { held: 100_000n })],
    ['QUOTA_EXCEEDED', state(quota, { spent: 1n })],
    ['QUOTA_EXCEEDED', state({ ...quota, unit: 'CONCURRENT_REQUESTS' }, { held: 1n })],
  ])('%s', (code, each) => {
    expect(allowanceRefusals(demand, [each])).toMatchObject([{ code }])
  })

  it('each of several, as it would say it', () => {
    const spent = state({ id: 'spent', limit: 1n }, { spent: 1n })
    const busy = state({ id: 'busy', limit: 5_000_000n }, { held: 4_000_000n })
    const used = state({ ...quota, id: 'used' }, { spent: 1n })
    const free = state({ id: 'free' })
    expect(codesOf(free, spent, busy, used)).toEqual([
      'BUDGET_EXCEEDED spent',
      'QUOTA_EXCEEDED used',
      'BUDGET_BUSY busy',
    ])
  })

  it('when it begins anew', () => {
    const [refusal] = allowanceRefusals(demand, [state(quota, { spent: 1n })])
    expect(refusal?.details).toMatchObject({ retryAfterMs: 3_600_000 })
    expect(refusal?.message).toContain('it begins anew at 1970-01-01T02:00:00')
    const total = state({ limit: 0n, period: 'TOTAL' }, { window: { startsAt: 0, endsAt: null } })
    expect(allowanceRefusals(demand, [total])[0]?.message).toContain('somebody has to raise it')
  })
})
