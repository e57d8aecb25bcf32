import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '#domain/chat.ts'
import { chatSchema } from '#rest/openai/chat-schema.ts'
import { isPlainChat } from '#rest/openai/plain-chat.ts'

const plain = { model: 'openai:m', messages: [{ role: 'user', content: 'Hello' }] }

it.each<[string, JsonObject]>([
  ['text', plain],
  ['a stream', { ...plain, stream: true }],
  ['limits and sampling', { ...plain, max_tokens: 64, temperature: 0.2, top_p: 1, seed: 7 }],
  ['an end user', { ...plain, user: 'ann' }],
])('knows a request with %s', (_what, body) => {
  expect(isPlainChat(body)).toBe(true)
})

it.each<[string, JsonObject]>([
  ['tools', { ...plain, tools: [] }],
  ['a field of a vendor', { ...plain, search: true }],
  ['no tokens to answer with', { ...plain, max_tokens: 0 }],
  ['a role that nobody has', { ...plain, messages: [{ role: 'god', content: 'Hello' }] }],
  ['parts', { ...plain, messages: [{ role: 'user', content: [] }] }],
  ['a named speaker', { ...plain, messages: [{ role: 'user', content: 'Hello', name: 'ann' }] }],
  ['null for a message', { ...plain, messages: [null] }],
])('asks the schema about %s', (_what, body) => {
  expect(isPlainChat(body)).toBe(false)
})

it('never lets through what the schema refuses', () => {
  const value = fc.oneof(
    fc.constantFrom(0, 1, -1, 0.5, 2 ** 53, null, true, false, '', 'openai:m', [], {}),
    fc.array(
      fc.record(
        {
          role: fc.constantFrom('user', 'system', 'tool', 'god', 1),
          content: fc.constantFrom('Hello', '', null, 1, []),
          name: fc.constantFrom('ann', 1),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
  )
  const names = ['messages', 'stream', 'max_tokens', 'max_completion_tokens', 'temperature', 'user']
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (over) => {
      const body = { model: 'openai:m', ...over } as JsonObject
      expect(isPlainChat(body) && !chatSchema.safeParse(body).success).toBe(false)
    }),
  )
})
