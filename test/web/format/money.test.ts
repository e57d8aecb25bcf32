import fc from 'fast-check'
import { expect, it } from 'vitest'
import { axisMoney, exactMoney, money, shortMoney } from '#web/format/money.ts'

it.each([
  ['0', '$0.000000'],
  ['0.0012345', '$0.001235'],
  ['0.0012344999', '$0.001234'],
  ['0.9999995', '$1.000000'],
  ['1234567.1', '$1,234,567.100000'],
  ['-0.0000004', '$0.000000'],
  ['-12.5', '−$12.500000'],
  ['9007199254740993.123456789', '$9,007,199,254,740,993.123457'],
])('shows %s as %s', (amount, shown) => {
  expect(money(amount)).toBe(shown)
})

it.each([null, undefined, '', 'NaN', '1e5'])('shows %s as unknown, never as zero', (amount) => {
  expect(money(amount)).toBe('–')
})

it('is never further from the amount than half of the last digit', () => {
  const ticks = fc.bigInt({ min: 0n, max: 10n ** 17n })
  fc.assert(
    fc.property(ticks, (amount) => {
      const text = `${amount / 10n ** 10n}.${(amount % 10n ** 10n).toString().padStart(10, '0')}`
      const shown = BigInt(money(text).replaceAll(/[$,.]/g, '')) * 10n ** 4n
      const distance = shown > amount ? shown - amount : amount - shown
      expect(distance <= 5_000n).toBe(true)
    }),
  )
})

it('keeps every digit where one hovers', () => {
  expect(exactMoney('1234.0000000001')).toBe('$1,234.0000000001')
  expect(exactMoney(null)).toBe('No price is known')
})

it.each([
  ['0', '$0.00'],
  ['0.000123', '$0.000123'],
  ['0.123456', '$0.1235'],
  ['12.3456', '$12.35'],
  [null, '–'],
])('shows %s in a narrow place as %s', (amount, shown) => {
  expect(shortMoney(amount)).toBe(shown)
})

it.each([
  [0, '$0'],
  [0.05, '$0.05'],
  [0.000012, '$0.000012'],
  [2.5, '$2.5'],
  [1250, '$1250'],
])('labels an axis at %s with %s', (value, label) => {
  expect(axisMoney(value)).toBe(label)
})
