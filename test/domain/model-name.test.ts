import { describe, expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import { parseModelName, unknownProvider } from '#domain/model-name.ts'

const refusal = (asked: unknown): GatewayError => {
  try {
    parseModelName(asked)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('accepted')
}

describe('parseModelName', () => {
  it.each([
    ['openai:gpt-4.1', 'openai', 'gpt-4.1'],
    ['  openai : gpt-4.1 ', 'openai', 'gpt-4.1'],
    ['ollama:llama3:8b', 'ollama', 'llama3:8b'],
    ['llama3', undefined, 'llama3'],
    [':gpt', '', 'gpt'],
    ['OpenAI:gpt', 'OpenAI', 'gpt'],
    ['openrouter:meta/llama', 'openrouter', 'meta/llama'],
    ['a:cafe\u0301', 'a', 'caf\u00e9'],
  ])('%s is model %s:%s', (asked, prefix, model) => {
    expect(parseModelName(asked)).toEqual({ prefix, model })
  })

  it.each([undefined, null, 7, '', '  ', ['a'], {}])('refuses %j with words', (asked) => {
    expect(refusal(asked)).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { issues: [{ path: ['model'] }] },
    })
    expect(typeof refusal(asked).details.legacyDetail).toBe('string')
  })

  it.each(['openai:a\u0000b', 'openai:a\nb', 'a:\ud83d', `a:${'x'.repeat(600)}`])(
    'refuses %j',
    (asked) => {
      expect(refusal(asked).code).toBe('INVALID_REQUEST')
    },
  )

  it.each(['openai:', 'openai: '])('refuses %j with error, model and suggestion', (asked) => {
    expect(refusal(asked).details.legacyDetail).toEqual({
      error: expect.any(String),
      model: 'openai:',
      suggestion: expect.any(String),
    })
  })
})

it('an unknown provider is refused with those that there are, in order', () => {
  const error = unknownProvider({ prefix: 'nope', model: 'm' }, ['b', 'a'])
  expect(error).toMatchObject({
    code: 'INVALID_REQUEST',
    details: {
      legacyDetail: {
        model: 'nope:m',
        available_providers: ['a', 'b'],
        suggestion: expect.any(String),
      },
    },
  })
})
