import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divideUp, formatUsd, parseUsd } from '#domain/money.ts'

describe('parseUsd', () => {
  it.each([
    ['0', 0n],
    ['1', 10_000_000_000n],
    ['0.30', 3_000_000_000n],
    ['.5', 5_000_000_000n],
    ['1e-7', 1000n],
    ['1.5E-3', 15_000_000n],
    ['2e3', 20_000_000_000_000n],
    ['-3', -30_000_000_000n],
    ['0.0000000001', 1n],
    ['0.00000000001', 1n],
    ['123456789012345678901234567890', 1234567890123456789012345678900000000000n],
  ])('reads %s', (text, ticks) => {
    expect(parseUsd(text)).toBe(ticks)
  })

  it.each(['', '.', '-', 'NaN', 'Infinity', '1,5', '0x10', '1e', '$1', '1e9999'])(
    'refuses %j',
    (text) => {
      expect(() => parseUsd(text)).toThrow(RangeError)
    },
  )

  it('reads back what formatUsd wrote', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (ticks) => {
        expect(parseUsd(formatUsd(ticks))).toBe(ticks)
      }),
    )
  })
})

describe('formatUsd', () => {
  it.each([
    [0n, '0'],
    [1_466_250n, '0.000146625'],
    [1n, '0.0000000001'],
    [-15_000_000_000n, '-1.5'],
    [10_000_000_000n, '1'],
  ])('writes %s', (ticks, text) => {
    expect(formatUsd(ticks)).toBe(text)
  })
})

describe('divideUp', () => {
  it('is the smallest quotient that covers the dividend', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        (a, b) => {
          const quotient = divideUp(a, b)
          expect(quotient * b >= a && (quotient - 1n) * b < a).toBe(true)
        },
      ),
    )
  })
})
