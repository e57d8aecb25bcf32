import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RetryBudget } from '#domain/retry-budget.ts'

/** The retries that `calls` get in all, of which each wants two, one call every `everyMs`. */
function retriesOf(calls: number, everyMs: number): number {
  const budget = new RetryBudget()
  let retries = 0
  for (let call = 0; call < calls; call++) {
    const now = call * everyMs
    budget.called(now)
    for (let wanted = 0; wanted < 2; wanted++) if (budget.take(now)) retries++
  }
  return retries
}

describe('a retry budget', () => {
  it('has three retries for few calls', () => {
    const budget = new RetryBudget()
    expect([0, 1, 2, 3].map((now) => budget.take(now))).toEqual([true, true, true, false])
  })

  it('has them again after the window', () => {
    const budget = new RetryBudget()
    for (let count = 0; count < 5; count++) budget.take(0)
    expect(budget.take(8_999)).toBe(false)
    expect(budget.take(10_000)).toBe(true)
  })

  it('has one for every fifth call', () => {
    const budget = new RetryBudget()
    for (let call = 0; call < 100; call++) budget.called(0)
    const taken = Array.from({ length: 30 }, () => budget.take(0)).filter(Boolean)
    expect(taken).toHaveLength(20)
  })

  it.each([1, 5, 50, 200, 500])(
    'keeps 1,000 calls, all of which fail, one every %i ms, at 1.25 times the traffic',
    (everyMs) => {
      expect(1_000 + retriesOf(1_000, everyMs)).toBeLessThanOrEqual(1_250)
    },
  )

  it('is never exceeded, whatever comes when', () => {
    const step = fc.record({
      afterMs: fc.nat(1_500),
      calls: fc.nat(8),
      wanted: fc.nat(8),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const budget = new RetryBudget({ ratio: 0.2, least: 3, windowMs: 10_000 })
        const calls: number[] = []
        const retries: number[] = []
        let now = 0
        for (const { afterMs, calls: coming, wanted } of steps) {
          now += afterMs
          const at = now
          for (let count = 0; count < coming; count++) {
            budget.called(at)
            calls.push(at)
          }
          for (let count = 0; count < wanted; count++) {
            if (!budget.take(at)) continue
            retries.push(at)
            // Slots of a second: what the window surely holds of retries, and at most holds of calls.
            const sure = retries.filter((each) => at - each < 9_000).length
            const most = calls.filter((each) => at - each < 10_000).length
            expect(sure).toBeLessThanOrEqual(Math.max(3, 0.2 * most))
          }
        }
      }),
    )
  })
})
