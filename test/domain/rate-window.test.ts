import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RateWindow } from '#domain/rate-window.ts'
import { addValue } from '#domain/histogram.ts'

const call = fc.record({
  requests: fc.nat(3),
  errors: fc.nat(3),
  tokens: fc.nat(100),
  cost: fc.bigInt({ min: 0n, max: 1000n }),
  latencyMs: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true })),
})

it('sums exactly what its newest slots hold, and tells the last complete one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.array(fc.array(call, { maxLength: 4 }), { maxLength: 12 }),
      (size, slots) => {
        const window = new RateWindow(size)
        slots.forEach((calls, index) => {
          for (const one of calls) window.add(one)
          const held = slots.slice(Math.max(0, index - size + 1), index + 1).flat()
          expect(window.total).toEqual(tally(held))
          expect(window.last).toEqual(tally(index === 0 ? [] : (slots[index - 1] ?? [])))
          window.advance()
        })
      },
    ),
  )
})

function tally(
  calls: readonly {
    requests: number
    errors: number
    tokens: number
    cost: bigint
    latencyMs: number | null
  }[],
) {
  const latency = new Map<number, number>()
  for (const { latencyMs } of calls) if (latencyMs !== null) addValue(latency, latencyMs)
  return {
    requests: calls.reduce((sum, one) => sum + one.requests, 0),
    errors: calls.reduce((sum, one) => sum + one.errors, 0),
    tokens: calls.reduce((sum, one) => sum + one.tokens, 0),
    cost: calls.reduce((sum, one) => sum + one.cost, 0n),
    latency,
  }
}
