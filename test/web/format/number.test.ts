import { expect, it } from 'vitest'
import { change, count, percent, rate, shortCount } from '#web/format/number.ts'

it.each([count, shortCount, rate, percent])('%o shows what is unknown as a dash', (format) => {
  expect(format(null)).toBe('–')
  expect(format(undefined)).toBe('–')
})

it('shows counts beyond the safe integers to the last digit', () => {
  expect(count('9007199254740993')).toBe('9,007,199,254,740,993')
})

it.each([
  [0, '0'],
  [0.333_333, '0.33'],
  [12.34, '12.3'],
  [1234, '1.23K'],
])('shows a rate of %s as %s', (value, shown) => {
  expect(rate(value)).toBe(shown)
})

it.each([
  [999, '999'],
  [12_345, '12.3K'],
])('shortens %s to %s', (value, shown) => {
  expect(shortCount(value)).toBe(shown)
})

it.each([
  [112, 100, '+12%'],
  [88, 100, '−12%'],
  [100, 100, '0%'],
  [4300, 100, '43×'],
  [5, 0, '–'],
  [5, null, '–'],
  [null, 5, '–'],
])('compares %s with %s as %s', (now, before, shown) => {
  expect(change(now, before)).toBe(shown)
})
