import { describe, expect, it } from 'vitest'
import type { CompletionChoice } from '#graphql/completion-choice.ts'
import { askedCompletion } from '#graphql/completion-request.ts'
import { exactInteger } from '#graphql/exact-json.ts'

const base: CompletionChoice = {
  model: 'openai:gpt-test',
  messages: [{ role: 'USER', content: [{ text: 'hi' }] }],
}
const ask = (over: Partial<CompletionChoice> = {}, stream = false) =>
  askedCompletion({ ...base, ...over }, { stream }).request
const wire = (over: Partial<CompletionChoice> = {}) => JSON.parse(ask(over).text)

describe('an input on the wire', () => {
  it('is as short as it can be', () => {
    expect(ask()).toMatchObject({ operation: 'chat', model: 'openai:gpt-test', stream: false })
    expect(wire()).toEqual({
      model: 'openai:gpt-test',
      messages: [{ role: 'user', content: 'hi' }],
    })
    expect(JSON.parse(ask({}, true).text)).toMatchObject({ stream: true })
  })

  it('names everything as OpenAI does', () => {
    expect(
      wire({
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 10,
        stop: ['x'],
        seed: 7,
        tools: [{ name: 'f', description: 'd', parameters: { type: 'object' }, strict: true }],
        toolChoice: 'f',
        responseFormat: { jsonSchema: { name: 's', schema: {}, strict: true } },
        reasoningEffort: 'LOW',
      }),
    ).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      max_completion_tokens: 10,
      stop: ['x'],
      seed: 7,
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 's', schema: {}, strict: true },
      },
      reasoning_effort: 'low',
    })
  })

  it('carries parts, tool calls and their results', () => {
    const { messages } = wire({
      messages: [
        {
          role: 'USER',
          content: [
            { text: 'see' },
            { imageUrl: 'https://example.com/a.png' },
            { imageBase64: { mediaType: 'image/png', data: 'AAAA' } },
            { audio: { format: 'wav', data: 'AAAA' } },
          ],
        },
        {
          role: 'ASSISTANT',
          content: [],
          toolCalls: [{ id: 'c', name: 'f', argumentsJson: '{}' }],
        },
        { role: 'TOOL', content: [{ text: '1' }], toolCallId: 'c' },
      ],
    })
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', content: '1', tool_call_id: 'c' },
    ])
  })

  it('adds the provider’s own fields without losing a digit, and keeps what GraphQL named', () => {
    const request = ask({
      temperature: 1,
      providerOptions: { temperature: 0, logit_bias: { id: exactInteger('12345678901234567890') } },
    })
    expect(request.text).toContain('"logit_bias":{"id":12345678901234567890}')
    expect(request.body['temperature']).toBe(1)
    expect(request.body['logit_bias']).toEqual({ id: 12_345_678_901_234_567_000 })
  })

  it('is empty where there are no messages, as it was before', () => {
    expect(wire({ messages: [] })).toEqual({ model: 'openai:gpt-test', messages: [] })
  })
})

describe('what an input asks of its routing', () => {
  const routingOf = (over: Partial<CompletionChoice>) =>
    askedCompletion({ ...base, ...over }, { stream: false }).routing

  it('is nothing where nothing is said', () => {
    expect([routingOf({}), routingOf({ routing: null }), routingOf({ routing: {} })]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('stands beside the request, not in it', () => {
    expect(routingOf({ routing: { strategy: 'LEAST_BUSY', maxCost: '0.5' } })).toMatchObject({
      strategy: 'LEAST_BUSY',
      maxCost: 5_000_000_000n,
    })
    expect(wire({ routing: { strategy: 'LEAST_BUSY' } })).toEqual(wire())
  })
})

describe('a faulty input', () => {
  const message = (content: CompletionChoice['messages'][number]['content']) => ({
    messages: [{ role: 'USER' as const, content }],
  })
  it.each<[string, Partial<CompletionChoice>]>([
    ['model', { model: ' ' }],
    ['model', { model: 'openai:' }],
    ['messages.0.content.0.imageUrl', message([{ imageUrl: 'file:///etc/passwd' }])],
    ['messages.0.content.0.imageUrl', message([{ imageUrl: 'ftp://host/a' }])],
    [
      'messages.0.content.0.imageBase64.mediaType',
      message([{ imageBase64: { mediaType: 'text/html', data: 'AAAA' } }]),
    ],
    [
      'messages.0.content.0.imageBase64.data',
      message([{ imageBase64: { mediaType: 'image/png', data: '?' } }]),
    ],
    ['messages.0.content.0.audio.data', message([{ audio: { format: 'wav', data: '' } }])],
    ['messages.0.toolCallId', { messages: [{ role: 'TOOL', content: [{ text: 'x' }] }] }],
    ['maxOutputTokens', { maxOutputTokens: 0 }],
    ['maxOutputTokens', { maxOutputTokens: -5 }],
    ['providerOptions', { providerOptions: [] }],
    ['providerOptions.n', { providerOptions: { n: 1e9 } }],
    ['providerOptions.n', { providerOptions: { n: 2 } }],
    ['providerOptions.stream', { providerOptions: { stream: true } }],
    ['providerOptions.model', { providerOptions: { model: 'other' } }],
    ['providerOptions.__proto__', { providerOptions: JSON.parse('{"__proto__": {}}') }],
    ['providerOptions.max_tokens', { providerOptions: { max_tokens: -1 } }],
    ['providerOptions.max_tokens', { providerOptions: { max_tokens: '5' } }],
    ['tools.0.name', { tools: [{ name: 'no spaces', parameters: {} }] }],
    ['tools.0.parameters', { tools: [{ name: 'f', parameters: 'x' }] }],
    [
      'responseFormat.jsonSchema.schema',
      { responseFormat: { jsonSchema: { name: 's', schema: 1 } } },
    ],
    ['endUser', { endUser: 'a\u0000b' }],
    ['sessionId', { sessionId: 'x'.repeat(257) }],
    ['tags.1', { tags: ['ok', 'a\nb'] }],
    ['tags', { tags: Array.from({ length: 21 }, String) }],
    ['metadata', { metadata: 'text' }],
    ['metadata', { metadata: { long: 'x'.repeat(5000) } }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(256) }],
    ['routing.maxCost', { routing: { maxCost: '-1' } }],
    ['routing.timeoutMs', { routing: { timeoutMs: 0 } }],
    ['routing.deny', { routing: { deny: Array.from({ length: 21 }, String) } }],
    ['routing.fallbacks.1', { routing: { fallbacks: ['a', 'x'.repeat(257)] } }],
  ])('is refused with the path %s', (path, over) => {
    expect(() => ask(over)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { issues: [expect.objectContaining({ path: ['input', ...path.split('.')] })] },
      }),
    )
  })

  it('is told all of its faults at once', () => {
    expect(() => ask({ model: '', maxOutputTokens: 0, endUser: '\u0000' })).toThrow(
      expect.objectContaining({ details: { issues: expect.objectContaining({ length: 3 }) } }),
    )
  })
})
