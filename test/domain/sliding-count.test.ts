import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SlidingCount } from '#domain/sliding-count.ts'

const windowMs = 1_000
const slots = 10

it('counts all that is younger than the window less a slot, and nothing older than the window', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(2_500), amount: fc.nat(5) }), {
    maxLength: 60,
    size: 'max',
  })
  fc.assert(
    fc.property(fc.integer({ min: -5_000, max: 5_000 }), steps, (start, coming) => {
      const count = new SlidingCount(windowMs, slots)
      const seen: { readonly at: number; readonly amount: number }[] = []
      let now = start
      for (const { afterMs, amount } of coming) {
        now += afterMs
        count.add(now, amount)
        seen.push({ at: now, amount })
        const within = (ageMs: number) =>
          seen.filter(({ at }) => now - at < ageMs).reduce((sum, one) => sum + one.amount, 0)
        expect(count.sum(now)).toBeGreaterThanOrEqual(within(windowMs - windowMs / slots))
        expect(count.sum(now)).toBeLessThanOrEqual(within(windowMs))
      }
    }),
  )
})

it('forgets everything after the window, and nothing when time goes back', () => {
  const count = new SlidingCount(windowMs, slots)
  count.add(5_000)
  count.add(4_500)
  expect(count.sum(3_000)).toBe(2)
  expect(count.sum(5_600)).toBe(2)
  expect(count.sum(6_000)).toBe(0)
  expect(count.sum(1e15)).toBe(0)
})
