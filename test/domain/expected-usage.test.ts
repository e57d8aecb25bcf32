import { expect, it } from 'vitest'
import { expectedCost, expectedUsage } from '#domain/expected-usage.ts'

it.each([
  [{ inputTokens: 4_001, outputTokens: 16_000 }, undefined, 1_001, 500],
  [{ inputTokens: 4_000, outputTokens: 16_000 }, 812.3, 1_000, 813],
  [{ inputTokens: 0, outputTokens: 100 }, 812, 0, 100],
  [{ inputTokens: 8, outputTokens: 0 }, undefined, 2, 0],
])('a call of %j is expected to use what it probably will', (hold, usual, input, output) => {
  expect(expectedUsage(hold, usual)).toMatchObject({
    inputTokens: input,
    outputTokens: output,
    source: 'ESTIMATED',
  })
})

it('is priced by the table, and not at all without a price', () => {
  const usage = expectedUsage({ inputTokens: 4_000_000, outputTokens: 500 })
  const price = { version: 'v', effectiveFrom: '2026-01-01T00:00:00Z', input: 7n, output: 4_000n }
  expect(expectedCost(usage, price)).toBe(9n)
  expect(expectedCost(usage, undefined)).toBeNull()
})
