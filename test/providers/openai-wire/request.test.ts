import { describe, expect, it, vi } from 'vitest'
import type { JsonObject } from '#domain/chat.ts'
import { wireHeaders, wireRequest } from '#providers/openai-wire/request.ts'
import { providerConfig } from '#test/support/fake-gateway.ts'

const request = (
  text: string,
  {
    stream = true,
    operation = 'chat',
  }: { stream?: boolean; operation?: 'chat' | 'embeddings' } = {},
) =>
  wireRequest({
    model: 'm',
    request: { operation, model: 'p:m', stream, text, body: JSON.parse(text) as JsonObject },
  })

const asks = '"stream_options":{"include_usage":true}'

describe('wireRequest', () => {
  it.each([
    ['{"model":"p:m","stream":true}', `{"model":"m","stream":true,${asks}}`, true],
    [
      '{"model":"p:m","stream":true,"stream_options":null}',
      `{"model":"m","stream":true,${asks}}`,
      true,
    ],
    [
      '{"stream_options":{},"model":"p:m","stream":true}',
      `{${asks},"model":"m","stream":true}`,
      true,
    ],
    [
      '{"model":"p:m","stream":true,"stream_options":{"include_usage":false,"x":1.0}}',
      '{"model":"m","stream":true,"stream_options":{"include_usage":true,"x":1.0}}',
      true,
    ],
    [
      '{"model":"p:m","stream":true,"stream_options":{"x":9007199254740993}}',
      '{"model":"m","stream":true,"stream_options":{"x":9007199254740993,"include_usage":true}}',
      true,
    ],
    [`{"model":"p:m","stream":true,${asks}}`, `{"model":"m","stream":true,${asks}}`, false],
    ['{"model":"p:m"}', `{"model":"m","stream":true,${asks}}`, true],
  ])('asks for usage in %s', (text, body, asksForUsage) => {
    expect(request(text)).toEqual({ body, asksForUsage })
  })

  it.each([
    ['{"model":"p:m","messages":[]}', '{"model":"m","messages":[]}'],
    ['{"model":"p:m","stream":false}', '{"model":"m","stream":false}'],
    ['{"model":"p:m","stream":true}', '{"model":"m","stream":false}'],
    [
      '{"model":"p:m","stream_options":{"include_usage":true}}',
      '{"model":"m","stream_options":{"include_usage":true}}',
    ],
  ])('asks for nothing in %s where the answer comes whole', (text, body) => {
    expect(request(text, { stream: false })).toEqual({ body, asksForUsage: false })
  })

  it('leaves embeddings alone', () => {
    expect(request('{"model":"p:m","input":"x"}', { operation: 'embeddings' })).toEqual({
      body: '{"model":"m","input":"x"}',
      asksForUsage: false,
    })
  })
})

describe('wireHeaders', () => {
  it('are made again only when the key has changed', () => {
    const lookup = vi.fn<(name: string) => string | undefined>(() => 'a')
    const headers = wireHeaders({ ...providerConfig, apiKeyEnv: 'KEY' }, lookup)
    const first = headers()
    expect(headers()).toBe(first)
    lookup.mockReturnValue('b')
    expect(headers()).toContain('Bearer b')
    lookup.mockReturnValue(undefined)
    expect(headers).toThrow(expect.objectContaining({ code: 'PROVIDER_AUTH' }))
  })
})
