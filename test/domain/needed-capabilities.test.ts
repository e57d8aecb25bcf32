import { expect, it } from 'vitest'
import type { JsonObject } from '#domain/chat.ts'
import { neededCapabilities } from '#domain/needed-capabilities.ts'
import { callRequest } from '#test/support/fake-gateway.ts'

const user = (...content: readonly JsonObject[]) => ({ messages: [{ role: 'user', content }] })

it.each<[JsonObject, readonly string[]]>([
  [{ messages: [{ role: 'user', content: 'hi' }] }, []],
  [{}, []],
  [{ messages: 'nonsense', tools: 'nonsense', response_format: 'nonsense' }, []],
  [{ tools: [] }, []],
  [{ tools: [{ type: 'function' }] }, ['TOOLS']],
  [{ functions: [{ name: 'f' }] }, ['TOOLS']],
  [user({ type: 'text', text: 'x' }), []],
  [user({ type: 'text' }, { type: 'image_url' }), ['VISION']],
  [user({ type: 'input_audio' }), ['AUDIO']],
  [{ response_format: { type: 'json_object' } }, []],
  [{ response_format: { type: 'json_schema' } }, ['JSON_SCHEMA']],
])('%o needs %o', (body, expected) => {
  expect(neededCapabilities({ ...callRequest().request, body })).toEqual(expected)
})

it('embeddings need a model for them', () => {
  const { request } = callRequest()
  expect(neededCapabilities({ ...request, operation: 'embeddings' })).toEqual(['EMBEDDINGS'])
})
