import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorRules } from '#domain/errors.ts'
import { type FailedTry, mayFallBack, mayRetry } from '#domain/retry-rule.ts'

const failed = (over: Partial<FailedTry> = {}): FailedTry => ({
  code: 'PROVIDER_UNAVAILABLE',
  retries: 0,
  isTooLate: false,
  ...over,
})

const retried: readonly ErrorCode[] = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_PROTOCOL',
  'PROVIDER_NETWORK',
]
const passedOn: readonly ErrorCode[] = [
  ...retried,
  'PROVIDER_AUTH',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_QUOTA',
  'PROVIDER_TIMEOUT',
  'CIRCUIT_OPEN',
]
const codes = Object.keys(errorRules) as ErrorCode[]

describe('after a failure', () => {
  it('the same target is asked again only where it was out of order', () => {
    expect(codes.filter((code) => mayRetry(failed({ code })))).toEqual(
      codes.filter((code) => retried.includes(code)),
    )
  })

  it('the next target is asked where this one is to blame', () => {
    expect(codes.filter((code) => mayFallBack(failed({ code })))).toEqual(
      codes.filter((code) => passedOn.includes(code)),
    )
  })

  it('nobody is asked any more when the caller has seen something or has gone', () => {
    const all = new Set(codes)
    for (const code of codes) {
      expect(mayRetry(failed({ code, isTooLate: true }))).toBe(false)
      expect(mayFallBack(failed({ code, isTooLate: true }), all)).toBe(false)
    }
  })

  it.each([
    [0, undefined, true],
    [1, undefined, true],
    [2, undefined, false],
    [0, 8_000, true],
    [0, 8_001, false],
    [0, -5, true],
  ])('with %i retries and a Retry-After of %s ms a retry is: %s', (retries, retryAfterMs, is) => {
    expect(mayRetry(failed({ retries, retryAfterMs }))).toBe(is)
  })

  it.each(['CONTEXT_LENGTH_EXCEEDED', 'CONTENT_BLOCKED'] as const)(
    '%s goes on where the route names a way out',
    (code) => {
      expect(mayFallBack(failed({ code }))).toBe(false)
      expect(mayFallBack(failed({ code }), new Set([code]))).toBe(true)
    },
  )
})
