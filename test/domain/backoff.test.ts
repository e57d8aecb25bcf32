import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, clampedRetryAfter, defaultRetries } from '#domain/backoff.ts'

const justBelowOne = 1 - 2 ** -53

describe('a back-off', () => {
  it.each([
    [0, 250],
    [1, 500],
    [2, 1_000],
    [5, 8_000],
    [50, 8_000],
    [5_000, 8_000],
  ])('before retry %i is anything up to %i ms', (retry, most) => {
    expect(backoffMs(retry, { chance: 0 })).toBe(0)
    expect(backoffMs(retry, { chance: 0.5 })).toBe(most / 2)
    expect(backoffMs(retry, { chance: justBelowOne })).toBeCloseTo(most)
  })

  it('never ends before the Retry-After, nor later than the cap after it', () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.double({ min: 0, max: justBelowOne, noNaN: true }),
        fc.option(fc.double(), { nil: undefined }),
        (retry, chance, retryAfterMs) => {
          const least = clampedRetryAfter(retryAfterMs) ?? 0
          const wait = backoffMs(retry, { chance, retryAfterMs })
          expect(wait).toBeGreaterThanOrEqual(least)
          expect(wait).toBeLessThanOrEqual(least + defaultRetries.capMs)
        },
      ),
    )
  })
})

it.each([
  [undefined, undefined],
  [Number.NaN, undefined],
  [-1, undefined],
  [0, undefined],
  [0.2, 1],
  [1_500, 1_500],
  [60_000, 60_000],
  [1.2e12, 60_000],
  [Infinity, 60_000],
])('a Retry-After of %s ms counts as %s', (sent, counted) => {
  expect(clampedRetryAfter(sent)).toBe(counted)
})
