import { expect, it } from 'vitest'
import type { JsonObject } from '#domain/chat.ts'
import { agentRequest } from '#providers/perplexity/request.ts'

const requestOf = (text: string, model = 'openai/gpt-5.2') => {
  const body = JSON.parse(text) as JsonObject
  return agentRequest({
    request: { operation: 'chat', model: `perplexity:${model}`, stream: true, text, body },
    model,
  })
}

const ask = (body: JsonObject, model?: string): JsonObject =>
  JSON.parse(
    requestOf(JSON.stringify({ model: 'perplexity:x', messages: [], ...body }), model),
  ) as JsonObject

const user = { role: 'user', content: 'hi' }
const message = { type: 'message', role: 'user', content: 'hi' }

it.each<[string, string, JsonObject]>([
  ['a model', 'openai/gpt-5.2', { model: 'openai/gpt-5.2' }],
  ['a preset', 'high', { preset: 'high' }],
  [
    'Sonar with its search',
    'sonar',
    { model: 'perplexity/sonar', tools: [{ type: 'web_search' }] },
  ],
  ['Sonar Pro as the preset that took its place', 'sonar-pro', { preset: 'fast' }],
  ['Sonar under its full name as it is', 'perplexity/sonar', { model: 'perplexity/sonar' }],
])('asks for %s', (_, model, sent) => {
  expect(ask({}, model)).toEqual({ ...sent, input: [], stream: true })
})

it.each<[string, JsonObject, JsonObject]>([
  ['messages', { messages: [user] }, { input: [message] }],
  [
    'instructions from the first system messages',
    {
      messages: [
        { role: 'system', content: 'a' },
        { role: 'developer', content: [{ type: 'text', text: 'b' }] },
        user,
      ],
    },
    { instructions: 'a\n\nb', input: [message] },
  ],
  [
    'later system messages where they are',
    { messages: [user, { role: 'system', content: 'c' }] },
    { input: [message, { type: 'message', role: 'system', content: 'c' }] },
  ],
  [
    'instructions given in its own words first',
    { instructions: 'x', messages: [{ role: 'system', content: 'y' }] },
    { instructions: 'x\n\ny', input: [] },
  ],
  [
    'pictures',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          ],
        },
      ],
    },
    {
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'see' },
            { type: 'input_image', image_url: 'https://example.com/a.png' },
          ],
        },
      ],
    },
  ],
  [
    'calls and their outputs',
    {
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      ],
    },
    {
      input: [
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'ok' },
      ],
    },
  ],
  [
    'what was said before a call',
    {
      messages: [
        {
          role: 'assistant',
          content: 'let me',
          tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{}' } }],
        },
      ],
    },
    {
      input: [
        { type: 'message', role: 'assistant', content: 'let me' },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      ],
    },
  ],
  [
    'functions without the object around them',
    {
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
      ],
    },
    {
      tools: [
        {
          type: 'function',
          name: 'f',
          description: 'd',
          parameters: { type: 'object' },
          strict: true,
        },
      ],
    },
  ],
  [
    'its own tools',
    { tools: [{ type: 'web_search', filters: {} }, { type: 'fetch_url' }] },
    { tools: [{ type: 'web_search', filters: {} }, { type: 'fetch_url' }] },
  ],
  ['no tools where none may be used', { tool_choice: 'none', tools: [{ type: 'web_search' }] }, {}],
  [
    "OpenAI's search options",
    { web_search_options: { search_context_size: 'low' } },
    { tools: [{ type: 'web_search', search_context_size: 'low' }] },
  ],
  ['a limit', { max_tokens: 9 }, { max_output_tokens: 9 }],
  ['the newer limit first', { max_tokens: 9, max_completion_tokens: 8 }, { max_output_tokens: 8 }],
  [
    'no more than the limit, whatever it is called',
    { max_tokens: 9, max_output_tokens: 5000 },
    { max_output_tokens: 9 },
  ],
  [
    'less than the limit where its own word says so',
    { max_tokens: 9, max_output_tokens: 3 },
    { max_output_tokens: 3 },
  ],
  ['its own word for the limit alone', { max_output_tokens: 3 }, { max_output_tokens: 3 }],
  ['effort', { reasoning_effort: 'low' }, { reasoning: { effort: 'low' } }],
  [
    'a schema',
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } },
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } },
  ],
  ['no format that it does not know', { response_format: { type: 'json_object' } }, {}],
  [
    'what only it knows',
    { max_steps: 3, language_preference: 'cs', previous_response_id: 'r' },
    { max_steps: 3, language_preference: 'cs', previous_response_id: 'r' },
  ],
  [
    'nothing that only OpenAI knows',
    {
      temperature: 0,
      n: 1,
      seed: 1,
      stop: 'x',
      user: 'ann',
      stream_options: {},
      metadata: {},
      logprobs: true,
    },
    {},
  ],
])('sends %s', (_, asked, sent) => {
  expect(ask(asked)).toEqual({ model: 'openai/gpt-5.2', input: [], stream: true, ...sent })
})

it('keeps every digit', () => {
  const text =
    '{"model":"perplexity:x","messages":[],"max_steps":9007199254740993,"skills":[{"x":1.10}]}'
  expect(requestOf(text)).toBe(
    '{"model":"openai/gpt-5.2","input":[],"stream":true,"max_steps":9007199254740993,"skills":[{"x":1.10}]}',
  )
})
