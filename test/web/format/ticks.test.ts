import fc from 'fast-check'
import { expect, it } from 'vitest'
import { share, ticks } from '#web/format/ticks.ts'

it.each([
  ['0', 0n],
  ['1', 10_000_000_000n],
  ['0.0000000001', 1n],
  ['-2.5', -25_000_000_000n],
  ['9007199254740993.1', 90_071_992_547_409_931_000_000_000n],
])('reads %s', (amount, whole) => {
  expect(ticks(amount)).toBe(whole)
})

it.each(['', '1e5', '.5', '1.', 'x'])('refuses %j', (amount) => {
  expect(() => ticks(amount)).toThrow(TypeError)
})

it('orders amounts as they are', () => {
  const whole = fc.bigInt({ min: 0n, max: 10n ** 20n })
  const text = (value: bigint) =>
    `${value / 10n ** 10n}.${(value % 10n ** 10n).toString().padStart(10, '0')}`
  fc.assert(
    fc.property(whole, whole, (a, b) => {
      expect(ticks(text(a)) < ticks(text(b))).toBe(a < b)
    }),
  )
})

it.each([
  [0n, 10n, 0],
  [5n, 10n, 0.5],
  [25n, 10n, 2.5],
  [1n, 3n, 0.3333],
  [0n, 0n, 1],
])('says what share %d is of %d', (part, whole, expected) => {
  expect(share(part, whole)).toBe(expected)
})
