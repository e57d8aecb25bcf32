import { assert, constantFrom, nat, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  counterOf,
  pointsOf,
  rateLimited,
  type RateLimitRule,
  type RateSubject,
} from '#domain/rate-limit.ts'
import { rateRule } from '#test/support/rate-rule.ts'

const subject = (over: {
  tenantId?: string
  apiKeyId?: string | null
  endUser?: string | null
  clientIp?: string | null
  provider?: string
}): RateSubject => {
  const { tenantId = 't1', apiKeyId = 'k1', endUser = 'ann', clientIp = '10.0.0.1' } = over
  return {
    viewer: { tenantId, apiKeyId },
    endUser,
    clientIp,
    targets: [{ adapter: { config: { name: over.provider ?? 'openai' } } }],
  }
}

describe('counterOf', () => {
  it.each<[string, Partial<RateLimitRule>, Parameters<typeof subject>[0], string | undefined]>([
    ['all calls together', {}, {}, ''],
    ['each API key', { each: 'API_KEY' }, {}, 'k1'],
    ['no API key', { each: 'API_KEY' }, { apiKeyId: null }, undefined],
    ['each tenant', { each: 'TENANT' }, {}, 't1'],
    ['each end user, apart by tenant', { each: 'END_USER' }, {}, 't1/ann'],
    ['the same end user elsewhere', { each: 'END_USER' }, { tenantId: 't2' }, 't2/ann'],
    ['no end user', { each: 'END_USER' }, { endUser: null }, undefined],
    ['each address, apart by tenant', { each: 'CLIENT_IP' }, {}, 't1/10.0.0.1'],
    ['each provider, for all tenants', { each: 'PROVIDER' }, { tenantId: 't2' }, 'openai'],
    ['one provider', { only: { PROVIDER: 'openai' } }, {}, ''],
    ['another provider', { only: { PROVIDER: 'xai' } }, {}, undefined],
    ['one end user', { only: { END_USER: 'ann' } }, {}, 't1/'],
    ['one end user of another tenant', { only: { END_USER: 'ann' } }, { tenantId: 't2' }, 't2/'],
    ['another end user', { only: { END_USER: 'ann' } }, { endUser: 'bob' }, undefined],
    ['nobody where one is named', { only: { END_USER: 'ann' } }, { endUser: null }, undefined],
    ['one tenant', { only: { TENANT: 't1' }, each: 'API_KEY' }, {}, 'k1'],
    [
      'one of two that are named',
      { only: { TENANT: 't1', PROVIDER: 'xai' } },
      { provider: 'openai' },
      undefined,
    ],
  ])('counts %s', (_name, rule, call, counter) => {
    expect(counterOf(rateRule(rule), subject(call))).toBe(counter)
  })

  it('never counts two tenants by one counter where people or addresses are told apart', () => {
    const call = record({
      tenantId: constantFrom('t1', 't2', 't3'),
      endUser: constantFrom('ann', 'bob', 't1', 't2/ann'),
      clientIp: constantFrom('10.0.0.1', '::1'),
    })
    const each = constantFrom('END_USER' as const, 'CLIENT_IP' as const)
    assert(
      property(call, call, each, (one, other, scope) => {
        const rule = rateRule({ each: scope })
        const isSame = counterOf(rule, subject(one)) === counterOf(rule, subject(other))
        const value = scope === 'END_USER' ? 'endUser' : 'clientIp'
        expect(isSame).toBe(one.tenantId === other.tenantId && one[value] === other[value])
      }),
    )
  })
})

describe('pointsOf', () => {
  it('is one for a rule of requests', () => {
    expect(pointsOf(rateRule({ unit: 'REQUESTS', limit: 5 }), 1000)).toBe(1)
  })

  it('is what the call may use, and a whole window at most', () => {
    assert(
      property(nat(), nat({ max: 1_000_000 }), (bound, limit) => {
        const points = pointsOf(rateRule({ unit: 'TOKENS', limit: limit + 1 }), bound)
        expect(points).toBe(Math.min(bound, limit + 1))
      }),
    )
  })
})

describe('rateLimited', () => {
  const standing = { policy: 'p', limit: 60, windowS: 60, remaining: 0, resetMs: 36_001 }

  it('says which limit refused, and when to come back', () => {
    const error = rateLimited({ ...standing, unit: 'REQUESTS' }, { points: 1, ofProvider: false })
    expect(error).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryable: true })
    expect(error.message).toBe(
      'The rate limit p allows 60 requests a minute; all of them are used. Try again in 37 s.',
    )
    expect(error.details).toEqual({
      retryAfterMs: 36_001,
      rateLimit: {
        policy: 'p',
        limit: 60,
        remaining: 0,
        retryAfterMs: 36_001,
        ofProvider: false,
      },
    })
  })

  it('says what remains of tokens, and how to ask for less', () => {
    const left = { ...standing, limit: 1000, remaining: 300, windowS: 3600 }
    expect(
      rateLimited({ ...left, unit: 'TOKENS' }, { points: 700, ofProvider: true }).message,
    ).toBe(
      'The rate limit p allows 1000 tokens an hour; 300 remain, and this call may use 700. Try again in 37 s, or ask for less with max_tokens.',
    )
  })
})
