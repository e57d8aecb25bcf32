import fc from 'fast-check'
import { expect, it } from 'vitest'
import { idEpochMs, lowestIdAt } from '#domain/request-id.ts'

it('tells when an id was made', () => {
  expect(idEpochMs('019a0000-1234-7000-8000-000000000001')).toBe(0x019a00001234)
})

it('orders ids by the instant at which they were made', () => {
  const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 })
  fc.assert(
    fc.property(instant, instant, (one, other) => {
      expect(idEpochMs(lowestIdAt(one))).toBe(one)
      expect(lowestIdAt(one) < lowestIdAt(other)).toBe(one < other)
    }),
  )
})
