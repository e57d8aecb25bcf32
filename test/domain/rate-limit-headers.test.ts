import { assert, integer, property } from 'fast-check'
import { expect, it } from 'vitest'
import { rateLimitHeaders } from '#domain/rate-limit-headers.ts'
import type { RateStanding } from '#domain/rate-limit.ts'

const standing = (over: Partial<RateStanding> = {}): RateStanding => ({
  policy: 'rpm',
  unit: 'REQUESTS',
  limit: 60,
  windowS: 60,
  remaining: 12,
  resetMs: 36_400,
  ...over,
})

function headersOf(...standings: RateStanding[]): Readonly<Record<string, string>> {
  const list = rateLimitHeaders(standings)
  return Object.fromEntries(
    list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [])),
  )
}

it('says nothing where no rule applies', () => {
  expect(rateLimitHeaders([])).toEqual([])
})

it('names the policy and its state, and says the same in the words of OpenAI', () => {
  expect(headersOf(standing())).toEqual({
    'RateLimit-Policy': '"rpm";q=60;w=60',
    RateLimit: '"rpm";r=12;t=37',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '12',
    'x-ratelimit-reset-requests': '37s',
  })
})

it('names all policies, and by unit the one of which the least remains', () => {
  const headers = headersOf(
    standing(),
    standing({ policy: 'rph', limit: 100, windowS: 3600, remaining: 3, resetMs: 60_000 }),
    standing({ policy: 'tpm', unit: 'TOKENS', limit: 9000, remaining: 8000 }),
  )
  expect(headers['RateLimit-Policy']).toBe(
    '"rpm";q=60;w=60, "rph";q=100;w=3600, "tpm";q=9000;w=60;qu="tokens"',
  )
  expect(headers['RateLimit']).toBe('"rpm";r=12;t=37, "rph";r=3;t=60, "tpm";r=8000;t=37')
  expect(headers['x-ratelimit-limit-requests']).toBe('100')
  expect(headers['x-ratelimit-reset-requests']).toBe('1m0s')
  expect(headers['x-ratelimit-remaining-tokens']).toBe('8000')
})

it.each([
  [1, '1ms'],
  [11.2, '12ms'],
  [999.5, '1s'],
  [1000, '1s'],
  [59_001, '1m0s'],
  [360_000, '6m0s'],
  [3_599_999, '1h0m0s'],
])('writes %d ms as %s', (resetMs, text) => {
  expect(headersOf(standing({ resetMs }))['x-ratelimit-reset-requests']).toBe(text)
})

it('never names a reset before it is', () => {
  assert(
    property(integer({ min: 1, max: 3_600_000 }), (resetMs) => {
      const { RateLimit = '' } = headersOf(standing({ resetMs }))
      expect(Number(/t=(\d+)/.exec(RateLimit)?.[1]) * 1000).toBeGreaterThanOrEqual(resetMs)
    }),
  )
})
