import { expect, it } from 'vitest'
import { circuitVerdict } from '#domain/circuit-verdict.ts'
import { type ErrorCode, errorRules } from '#domain/errors.ts'

const failures: readonly ErrorCode[] = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_TIMEOUT',
  'PROVIDER_PROTOCOL',
  'PROVIDER_NETWORK',
]
const successes: readonly ErrorCode[] = [
  'CONTEXT_LENGTH_EXCEEDED',
  'CONTENT_BLOCKED',
  'PROVIDER_REJECTED',
]
const codes = Object.keys(errorRules) as ErrorCode[]

it('an answer speaks for the target', () => {
  expect(circuitVerdict(null)).toBe('SUCCESS')
})

it.each(codes)('%s speaks for the target, against it, or of something else', (code) => {
  const other = successes.includes(code) ? 'SUCCESS' : 'NOTHING'
  expect(circuitVerdict(code)).toBe(failures.includes(code) ? 'FAILURE' : other)
})
