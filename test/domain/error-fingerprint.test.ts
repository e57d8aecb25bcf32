import { describe, expect, it } from 'vitest'
import { attemptFingerprint, errorFingerprint, messageShape } from '#domain/error-fingerprint.ts'

const failure = {
  provider: 'openai',
  model: 'gpt-test',
  code: 'PROVIDER_TIMEOUT',
  message: 'nothing within 500 ms',
} as const

describe('errorFingerprint', () => {
  it.each([
    ['nothing within 30000 ms', 'nothing within <n> ms'],
    ['request 019a0000-0000-7000-8000-000000000001 failed', 'request <id> failed'],
    ['org-AbC123dEf45 has no credit', '<id> has no credit'],
    ['trace 4bf92f3577b34da6 lost', 'trace <id> lost'],
    ['at 10.0.0.1:443 since 12:30:01', 'at <n> since <n>'],
    ['two\n  lines', 'two lines'],
    ['well-behaved words stay', 'well-behaved words stay'],
  ])('sees %j as %j', (message, shape) => {
    expect(messageShape(message)).toBe(shape)
  })

  it('is the same for messages of one shape', () => {
    expect(errorFingerprint({ ...failure, message: 'nothing within 7 ms' })).toBe(
      errorFingerprint(failure),
    )
    expect(errorFingerprint(failure)).toMatch(/^[0-9a-f]{16}$/)
  })

  it.each([
    { provider: 'xai' },
    { model: 'other' },
    { code: 'INTERNAL' as const },
    { message: 'other words' },
    { model: null },
  ])('differs where %j differs', (other) => {
    expect(errorFingerprint({ ...failure, ...other })).not.toBe(errorFingerprint(failure))
  })

  it('is none for a cancelled call, which is no failure', () => {
    expect(errorFingerprint({ ...failure, code: 'CANCELLED' })).toBeNull()
  })
})

describe('attemptFingerprint', () => {
  const error = {
    code: 'PROVIDER_TIMEOUT',
    message: 'late',
    retryable: true,
    httpStatus: null,
  } as const
  const attempt = { providerName: 'openai', model: 'gpt-test', status: 'FAILED', error } as const

  it('names the failure of an attempt, and of a target that was left alone', () => {
    const named = errorFingerprint({
      provider: 'openai',
      model: 'gpt-test',
      code: 'PROVIDER_TIMEOUT',
      message: 'late',
    })
    expect(attemptFingerprint(attempt)).toBe(named)
    expect(attemptFingerprint({ ...attempt, status: 'SKIPPED_CIRCUIT_OPEN' })).toBe(named)
  })

  it.each([
    ['one that answered', { error: null }],
    ['a target that cannot do what was asked', { status: 'SKIPPED_INCAPABLE' }],
  ] as const)('is none for %s', (_name, over) => {
    expect(attemptFingerprint({ ...attempt, ...over })).toBeNull()
  })
})
