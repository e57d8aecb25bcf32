import { expect, it } from 'vitest'
import { thresholdText, typedThresholds } from '#web/pages/budgets/thresholds.ts'

it.each<[string, readonly number[]]>([
  ['50, 80, 100', [0.5, 0.8, 1]],
  ['7%', [0.07]],
  ['12.5 120', [0.125, 1.2]],
  ['', []],
])('takes %j as shares', (text, shares) => {
  expect(typedThresholds(text)).toEqual(shares)
})

it.each(['80, 50', '50, 50', '0', '-5', 'half', '5.123'])('takes %j for none', (text) => {
  expect(typedThresholds(text)).toBeNull()
})

it('writes shares as they are typed', () => {
  expect(thresholdText([0.07, 0.5, 0.285, 1])).toBe('7, 50, 28.5, 100')
  expect(typedThresholds(thresholdText([0.07, 0.285, 1.1]))).toEqual([0.07, 0.285, 1.1])
})
