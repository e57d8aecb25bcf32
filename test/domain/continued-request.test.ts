import { expect, it } from 'vitest'
import { continuedRequest } from '#domain/continued-request.ts'
import { callRequest } from '#test/support/fake-gateway.ts'

const requestOf = (text: string) => ({
  ...callRequest().request,
  text,
  body: JSON.parse(text),
})

it.each([
  ['{"messages":[{"role":"user","content":"a ] b"}],"seed":12345678901234567890}'],
  ['{ "model": "m", "messages" : [ ] , "stream": true }'],
  ['{"messages":[{"role":"user","content":[{"type":"text","text":"]"}]} ]}'],
])('%s ends with the beginning of its answer, and is otherwise untouched', (text) => {
  const request = requestOf(text)
  const continued = continuedRequest(request, 'So "far"')
  const beginning = { role: 'assistant', content: 'So "far"' }
  expect(continued.body['messages']).toEqual([...request.body['messages'], beginning])
  expect(JSON.parse(continued.text)).toEqual(continued.body)
  const added = `${request.body['messages'].length > 0 ? ',' : ''}${JSON.stringify(beginning)}`
  expect(continued.text.replace(added, '')).toBe(text)
})

it.each([
  ['nothing to go on from', '{"messages":[]}', ''],
  ['no messages', '{"input":"x"}', 'so far'],
])('stays what it is with %s', (_name, text, soFar) => {
  const request = requestOf(text)
  expect(continuedRequest(request, soFar)).toBe(request)
})
