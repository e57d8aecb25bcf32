import { describe, expect, it } from 'vitest'
import type { JsonObject } from '#domain/chat.ts'
import { chatRequest } from '#providers/ollama/request.ts'

const image = 'data:image/png;base64,iVBORw0KGgo='

const chatText = (text: string) => {
  const body = JSON.parse(text) as JsonObject
  const request = { operation: 'chat' as const, model: 'ollama:llama3', stream: true, text, body }
  return chatRequest({ request, model: 'llama3' }, { stream: true })
}

const chat = (body: JsonObject) =>
  JSON.parse(chatText(JSON.stringify({ model: 'ollama:llama3', messages: [], ...body })))

describe('what is asked of Ollama', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['a limit', { max_tokens: 7 }, { options: { num_predict: 7 } }],
    [
      'the newer limit first',
      { max_tokens: 7, max_completion_tokens: 5 },
      { options: { num_predict: 5 } },
    ],
    [
      'sampling',
      { temperature: 0, top_p: 0.5, seed: 42 },
      { options: { temperature: 0, top_p: 0.5, seed: 42 } },
    ],
    [
      'penalties',
      { frequency_penalty: 1, presence_penalty: -1 },
      { options: { frequency_penalty: 1, presence_penalty: -1 } },
    ],
    ['nothing for null', { temperature: null, stop: null, max_tokens: null }, {}],
    ['one stop word as a list', { stop: 'END' }, { options: { stop: ['END'] } }],
    ['stop words', { stop: ['a', 'b'] }, { options: { stop: ['a', 'b'] } }],
    [
      'no more than the limit, whatever its own options say',
      { max_tokens: 7, options: { num_predict: -1 } },
      { options: { num_predict: 7 } },
    ],
    [
      'less than the limit where its own options say so',
      { max_tokens: 7, options: { num_predict: 3 } },
      { options: { num_predict: 3 } },
    ],
    [
      "Ollama's own options first",
      { temperature: 1, options: { temperature: 0.2, mirostat: 1 } },
      { options: { temperature: 0.2, mirostat: 1 } },
    ],
    ['JSON', { response_format: { type: 'json_object' } }, { format: 'json' }],
    ['text', { response_format: { type: 'text' } }, {}],
    [
      'a schema',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { type: 'object' } },
        },
      },
      { format: { type: 'object' } },
    ],
    ['thinking', { reasoning_effort: 'high' }, { think: 'high' }],
    ['no thinking', { reasoning_effort: 'none' }, { think: false }],
    ['its own word for thinking', { think: true, reasoning_effort: 'low' }, { think: true }],
    ['how long to keep the model', { keep_alive: '5m' }, { keep_alive: '5m' }],
    [
      'tools',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      { tools: [{ type: 'function', function: { name: 'f' } }] },
    ],
    ['no tools where none may be used', { tool_choice: 'none', tools: [{ type: 'function' }] }, {}],
    [
      'nothing that it does not know',
      { user: 'ann', n: 2, stream_options: {}, logit_bias: {} },
      {},
    ],
  ])('has %s', (_, asked, sent) => {
    expect(chat(asked)).toEqual({ model: 'llama3', messages: [], stream: true, ...sent })
  })

  it.each<[string, JsonObject, JsonObject]>([
    ['text', { role: 'user', content: 'hi' }, { role: 'user', content: 'hi' }],
    [
      'no content as none',
      { role: 'assistant', content: null },
      { role: 'assistant', content: '' },
    ],
    ['missing content as none', { role: 'user' }, { role: 'user', content: '' }],
    [
      'a name left out',
      { role: 'user', content: 'hi', name: 'ann' },
      { role: 'user', content: 'hi' },
    ],
    [
      'a developer as system',
      { role: 'developer', content: 'be brief' },
      { role: 'system', content: 'be brief' },
    ],
    [
      'parts as lines',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: 'a\nb' },
    ],
    [
      'images beside the text',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: image } },
        ],
      },
      { role: 'user', content: 'see', images: ['iVBORw0KGgo='] },
    ],
    [
      'what was thought',
      { role: 'assistant', content: '42', reasoning_content: 'hm' },
      { role: 'assistant', content: '42', thinking: 'hm' },
    ],
  ])('has %s', (_, message, sent) => {
    expect(chat({ messages: [message] }).messages).toEqual([sent])
  })

  it('has tool calls with arguments as objects, and answers with the name of their tool', () => {
    const call = {
      id: 'c1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Brno"}' },
    }
    const messages = [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: '21 °C' },
    ]
    expect(chat({ messages }).messages).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: { city: 'Brno' } } }],
      },
      { role: 'tool', content: '21 °C', tool_name: 'weather', tool_call_id: 'c1' },
    ])
  })

  it('keeps every digit', () => {
    const text =
      '{"model":"ollama:llama3","messages":[],"seed":9007199254740993,"options":{"x":1.10}}'
    expect(chatText(text)).toBe(
      '{"model":"llama3","messages":[],"stream":true,"options":{"seed":9007199254740993,"x":1.10}}',
    )
  })

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'an image elsewhere',
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
      },
      ['messages', '0', 'content', '0', 'image_url'],
    ],
    [
      'sound',
      { role: 'user', content: [{ type: 'input_audio', input_audio: {} }] },
      ['messages', '0', 'content', '0'],
    ],
    [
      'arguments that are no object',
      { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '[1' } }] },
      ['messages', '0', 'tool_calls', '0', 'function', 'arguments'],
    ],
  ])('is refused with the path for %s', (_, message, path) => {
    expect(() => chat({ messages: [message] })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { issues: [expect.objectContaining({ path })] },
      }),
    )
  })
})
