import { describe, expect, it } from 'vitest'
import { boundedRequest } from '#domain/bounded-request.ts'
import type { ModelRequest } from '#domain/chat.ts'

function request(text: string, over: Partial<ModelRequest> = {}): ModelRequest {
  return { operation: 'chat', model: 'm', stream: false, text, body: JSON.parse(text), ...over }
}

describe('a limit on the output', () => {
  it.each([
    ['{"model":"m"}', '{"model":"m","max_tokens":20}'],
    [
      '{"max_tokens":90,"seed":12345678901234567890}',
      '{"max_tokens":20,"seed":12345678901234567890}',
    ],
    ['{"max_completion_tokens":90}', '{"max_completion_tokens":20}'],
    [
      '{"max_tokens":90,"max_completion_tokens":80}',
      '{"max_tokens":20,"max_completion_tokens":20}',
    ],
    ['{"n":2}', '{"n":2,"max_tokens":10}'],
    ['{"n":3,"max_tokens":90}', '{"n":3,"max_tokens":6}'],
  ])('stands where the caller had one, else beside the rest: %s', (text, bounded) => {
    const result = boundedRequest(request(text), { outputTokens: 20, name: 'max_tokens' })
    expect(result.text).toBe(bounded)
    expect(JSON.stringify(result.body)).toBe(JSON.stringify(JSON.parse(bounded)))
  })

  it('changes nothing where the caller asks for just as much, and nothing that has no output', () => {
    const same = request('{"max_tokens":20}')
    expect(boundedRequest(same, { outputTokens: 20, name: 'max_tokens' })).toBe(same)
    const embeddings = request('{"input":"x"}', { operation: 'embeddings' })
    expect(boundedRequest(embeddings, { outputTokens: 0, name: 'max_tokens' })).toBe(embeddings)
  })
})
