import { describe, expect, it } from 'vitest'
import { inBandError, refusalOf, scrubbed } from '#providers/openai-wire/errors.ts'
import { contentRefusals, contextRefusals } from '#test/support/refusal-words.ts'
import { fixture } from '#test/support/vendor.ts'

const about = {
  provider: 'openai',
  model: 'gpt-test',
  apiKeyEnv: 'OPENAI_API_KEY',
  key: 'canary-0815',
}
const now = Date.parse('2026-11-22T12:00:00Z')

const refused = (status: number, body: string | Buffer, headers: Record<string, string> = {}) =>
  refusalOf(
    {
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(body as string),
    },
    about,
    now,
  )

describe('refusalOf', () => {
  it.each([
    {
      path: 'openai/error-key.json',
      status: 401,
      code: 'PROVIDER_AUTH',
      words: 'check the key in OPENAI_API_KEY',
    },
    {
      path: 'openai/error-rate-limit.json',
      status: 429,
      code: 'PROVIDER_RATE_LIMITED',
      words: 'Rate limit reached',
    },
    {
      path: 'openai/error-quota.json',
      status: 429,
      code: 'PROVIDER_QUOTA',
      words: 'current quota',
    },
    { path: 'openai/error-credit.json', status: 429, code: 'PROVIDER_QUOTA', words: 'credit' },
    {
      path: 'openai/error-context.json',
      status: 400,
      code: 'CONTEXT_LENGTH_EXCEEDED',
      words: 'maximum context length',
    },
    {
      path: 'openai/error-model.json',
      status: 404,
      code: 'PROVIDER_REJECTED',
      words: 'does not exist',
    },
    {
      path: 'openai/error-parameter.json',
      status: 400,
      code: 'PROVIDER_REJECTED',
      words: 'temperature',
    },
    {
      path: 'openai/error-content.json',
      status: 400,
      code: 'CONTENT_BLOCKED',
      words: 'content management policy',
    },
    {
      path: 'openai/error-overloaded.json',
      status: 503,
      code: 'PROVIDER_UNAVAILABLE',
      words: 'overloaded',
    },
  ])('reads $path of $status as $code', ({ path, status, code, words }) => {
    const body = fixture(path)
    const error = refused(status, body)
    expect(error).toMatchObject({
      code,
      status,
      details: { provider: 'openai', model: 'gpt-test' },
    })
    expect(error.message).toContain('openai (gpt-test)')
    expect(error.message).toContain(words)
    expect(error.message).toMatch(/\.$/)
    expect(error.details.upstream).toMatchObject({ status, contentType: 'application/json', body })
  })

  it.each(contextRefusals)(
    'reads a context that is too long in the words of $who',
    ({ status, body }) => {
      const found = refused(status, JSON.stringify(body))
      expect(found.code).toBe('CONTEXT_LENGTH_EXCEEDED')
      expect(found.message).toMatch(
        /^openai \(gpt-test\) answered \d+: .*; shorten the messages, or/,
      )
    },
  )

  it.each(contentRefusals)(
    'reads a refusal of the content in the words of $who',
    ({ status, body }) => {
      const found = refused(status, JSON.stringify(body))
      expect(found.code).toBe('CONTENT_BLOCKED')
      expect(found.message).toMatch(/; change the content, or choose another model\.$/)
    },
  )

  it.each([
    ['a key without the right', 403, 'Your key may not use this model.', 'PROVIDER_AUTH'],
    ['a server that failed', 500, 'Internal error.', 'PROVIDER_UNAVAILABLE'],
    ['a parameter that is too long', 400, '`stop` is longer than 4.', 'PROVIDER_REJECTED'],
  ])('does not take %s for either', (_what, status, message, code) => {
    expect(refused(status, JSON.stringify({ error: { message } })).code).toBe(code)
  })

  it.each([
    [400, 'PROVIDER_REJECTED'],
    [401, 'PROVIDER_AUTH'],
    [402, 'PROVIDER_QUOTA'],
    [403, 'PROVIDER_AUTH'],
    [404, 'PROVIDER_REJECTED'],
    [408, 'PROVIDER_TIMEOUT'],
    [409, 'PROVIDER_REJECTED'],
    [413, 'PROVIDER_REJECTED'],
    [418, 'PROVIDER_REJECTED'],
    [422, 'PROVIDER_REJECTED'],
    [429, 'PROVIDER_RATE_LIMITED'],
    [500, 'PROVIDER_UNAVAILABLE'],
    [502, 'PROVIDER_UNAVAILABLE'],
    [503, 'PROVIDER_UNAVAILABLE'],
    [504, 'PROVIDER_TIMEOUT'],
    [529, 'PROVIDER_UNAVAILABLE'],
  ])('reads a bare %i as %s', (status, code) => {
    expect(refused(status, '')).toMatchObject({ code, status })
  })

  it.each([
    ['{"error":"no such thing"}'],
    ['{"error":{"message":"no such thing"}}'],
    ['{"code":"x","error":"no such thing"}'],
    ['{"detail":"no such thing"}'],
    ['{"detail":[{"loc":["body"],"msg":"no such thing","type":"missing"}]}'],
    ['{"message":"no such thing"}'],
    ['[{"error":{"message":"no such thing","code":400}}]'],
    ['no such thing'],
    ['"no such thing"'],
  ])('finds the words in %s', (body) => {
    expect(refused(400, body).message).toBe(
      'openai (gpt-test) answered 400: no such thing; correct the request.',
    )
  })

  it.each(['<html><h1>502</h1></html>', '', '{}', '[]', '{"error":{"message":{"a":1}}}'])(
    'does without words in %s',
    (body) => {
      expect(refused(502, body).message).toBe(
        'openai (gpt-test) answered 502; try again, or another model.',
      )
    },
  )

  it.each([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after': '86400' }, 60_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Fri, 01 Jan 2065 00:00:00 GMT' }, 60_000],
    [{ 'retry-after': 'Fri, 01 Jan 2021 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('is told by %j to come back in %s ms', (headers, wait) => {
    expect(refused(429, '{}', headers as Record<string, string>).details.retryAfterMs).toBe(wait)
  })

  it('passes on what a caller may see, and the id of the provider', () => {
    const { upstream } = refused(429, '{}', {
      'retry-after': '1',
      'x-request-id': 'req_1',
      'set-cookie': 'a',
      'x-should-retry': 'false',
    }).details
    expect(upstream?.headers).toEqual({
      'retry-after': '1',
      'x-should-retry': 'false',
      'x-upstream-request-id': 'req_1',
    })
  })

  it('keeps no key in its words', () => {
    const error = refused(
      401,
      '{"error":{"message":"key canary-0815 or sk-proj-a*b or Bearer xyz-1 is wrong"}}',
    )
    expect(error.message).not.toMatch(/canary|sk-proj|xyz/)
  })

  it('keeps its words short', () => {
    expect(refused(400, JSON.stringify({ error: 'x'.repeat(10_000) })).message.length).toBeLessThan(
      450,
    )
  })
})

describe('inBandError', () => {
  it.each([
    [{ error: { code: 502, message: 'm' } }, 'PROVIDER_UNAVAILABLE'],
    [{ error: { code: 429, message: 'm' } }, 'PROVIDER_RATE_LIMITED'],
    [{ error: { code: 402, message: 'm' } }, 'PROVIDER_QUOTA'],
    [{ error: { code: '400', message: 'm' } }, 'PROVIDER_REJECTED'],
    [{ error: { type: 'server_error', message: 'm' } }, 'PROVIDER_UNAVAILABLE'],
    [{ error: { type: 'rate_limit_exceeded', message: 'm' } }, 'PROVIDER_RATE_LIMITED'],
    [
      { error: { code: 'insufficient_quota', type: 'insufficient_quota', message: 'm' } },
      'PROVIDER_QUOTA',
    ],
    [
      { error: { code: 'context_length_exceeded', type: 'invalid_request_error', message: 'm' } },
      'CONTEXT_LENGTH_EXCEEDED',
    ],
    [{ error: { code: 'content_filter', message: 'm' } }, 'CONTENT_BLOCKED'],
    [{ error: { type: 'timeout', message: 'm' } }, 'PROVIDER_TIMEOUT'],
    [{ error: { type: 'invalid_api_key', message: 'm' } }, 'PROVIDER_AUTH'],
    [{ code: 'x', error: 'm' }, 'PROVIDER_UNAVAILABLE'],
    [{ error: { code: 'context_length_exceeded' } }, 'CONTEXT_LENGTH_EXCEEDED'],
    [{ error: { type: 'exceed_context_size_error', message: 'm' } }, 'CONTEXT_LENGTH_EXCEEDED'],
    [{ error: 'the input length exceeds the context length' }, 'CONTEXT_LENGTH_EXCEEDED'],
    [{ error: { type: 'overloaded_error', message: 'rate limit' } }, 'PROVIDER_UNAVAILABLE'],
    [{ error: 'Rate limit reached for gpt-test on tokens per min' }, 'PROVIDER_RATE_LIMITED'],
    [{ error: 'You exceeded your current quota' }, 'PROVIDER_QUOTA'],
    [{ error: { message: 'blocked by the content management policy' } }, 'CONTENT_BLOCKED'],
    [{ error: { message: 'flagged', metadata: { reasons: ['x'] } } }, 'CONTENT_BLOCKED'],
    [{ error: true }, 'PROVIDER_UNAVAILABLE'],
  ])('reads %j as %s', (error, code) => {
    const thrown = inBandError(error, about)
    expect(thrown.code).toBe(code)
    expect(thrown.details.upstream).toBeUndefined()
  })
})

describe('scrubbed', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abc***xyz.', 'Incorrect API key provided: ***'],
    ['key xai-AbC1234567', 'key ***'],
    ['pplx-0123456789ab', '***'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
    ['{"h":"bearer abc"}', '{"h":"Bearer ***"}'],
    ['token canary-0815!', 'token ***!'],
    ['the task-force asked', 'the task-force asked'],
  ])('strikes the key out of %s', (text, clean) => {
    expect(scrubbed(text, 'canary-0815')).toBe(clean)
  })
})
