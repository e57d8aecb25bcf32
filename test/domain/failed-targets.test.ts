import { describe, expect, it } from 'vitest'
import { type ErrorCode, GatewayError } from '#domain/errors.ts'
import { exclusionError, failureOfAll, type FailedTarget } from '#domain/failed-targets.ts'

const failed = (
  code: ErrorCode,
  { retryAfterMs, wasSkipped = false }: { retryAfterMs?: number; wasSkipped?: boolean } = {},
): FailedTarget => ({
  error: new GatewayError(code, `${code} at p.`, {
    provider: 'p',
    model: code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }),
  wasSkipped,
})

describe('the failure of all targets', () => {
  it('is that of the only one, as it is', () => {
    const only = failed('PROVIDER_REJECTED')
    expect(failureOfAll('m', [only])).toBe(only.error)
  })

  it.each<[string, readonly FailedTarget[], ErrorCode]>([
    [
      'that on which they agree',
      [failed('PROVIDER_AUTH'), failed('PROVIDER_AUTH')],
      'PROVIDER_AUTH',
    ],
    [
      'that of the last one that was asked',
      [failed('PROVIDER_TIMEOUT'), failed('CIRCUIT_OPEN', { wasSkipped: true })],
      'PROVIDER_TIMEOUT',
    ],
    [
      'NO_HEALTHY_PROVIDER where nobody was',
      [
        failed('CIRCUIT_OPEN', { wasSkipped: true }),
        failed('PROVIDER_RATE_LIMITED', { wasSkipped: true }),
      ],
      'NO_HEALTHY_PROVIDER',
    ],
    ['NO_HEALTHY_PROVIDER where there is none', [], 'NO_HEALTHY_PROVIDER'],
  ])('has %s as its code', (_sentence, all, code) => {
    expect(failureOfAll('m', all).code).toBe(code)
  })

  it('says why each failed, and the shortest wait', () => {
    const { message, details } = failureOfAll('m', [
      failed('PROVIDER_RATE_LIMITED', { retryAfterMs: 9000 }),
      failed('PROVIDER_TIMEOUT'),
      failed('CIRCUIT_OPEN', { retryAfterMs: 700, wasSkipped: true }),
    ])
    expect(message).toBe(
      'None of the 3 targets of m answered. PROVIDER_RATE_LIMITED at p. PROVIDER_TIMEOUT at p. CIRCUIT_OPEN at p.',
    )
    expect(details).toMatchObject({ retryAfterMs: 700, model: 'PROVIDER_TIMEOUT' })
  })
})

it('a target that is left out says so, and until when', () => {
  const exclusion = { code: 'COOLING_DOWN', reason: 'It rests.', retryAfterMs: 12.3 } as const
  const { code, message, details } = exclusionError({ provider: 'p', model: 'm' }, exclusion)
  expect([code, message, details.retryAfterMs]).toEqual([
    'PROVIDER_RATE_LIMITED',
    'p:m was not asked. It rests.',
    13,
  ])
})
