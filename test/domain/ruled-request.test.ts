import { describe, expect, it } from 'vitest'
import { compilePattern } from '#config/compiled-pattern.ts'
import type { RequestAction, RequestRule } from '#domain/call-rule.ts'
import type { ModelRequest } from '#domain/chat.ts'
import { detectors } from '#domain/detector.ts'
import { applyRequestRules } from '#domain/ruled-request.ts'

const requestOf = (text: string, operation: ModelRequest['operation'] = 'chat'): ModelRequest => ({
  operation,
  model: 'openai:m',
  stream: false,
  text,
  body: JSON.parse(text),
})
const rulesOf = (...actions: RequestAction[]): RequestRule[] =>
  actions.map((action, index) => ({ name: `rule-${index}`, when: {}, on: 'REQUEST', action }))

const email = {
  matcher: detectors.email.matcher,
  replacement: detectors.email.placeholder,
}
const seed = '"seed":12345678901234567890, "unknown" : {"a":1.0}'

/** What is sent; body and text must say the same. */
function sent(text: string, ...actions: RequestAction[]): string {
  const { request } = applyRequestRules(rulesOf(...actions), requestOf(text))
  expect(request.body).toEqual(JSON.parse(request.text))
  return request.text
}

describe('a request', () => {
  it.each<[string, RequestAction, string, string]>([
    [
      'is redacted in all its texts, and nowhere else',
      { kind: 'REDACT', replacements: [email] },
      `{${seed},"model":"a@b.co","user":"a@b.co","messages":[{"role":"user","content":[{"type":"text","text":"\\u00fc a\\u0040b.co"},{"type":"image_url","image_url":{"url":"data:a@b.co"}}]}]}`,
      `{${seed},"model":"a@b.co","user":"[EMAIL]","messages":[{"role":"user","content":[{"type":"text","text":"ü [EMAIL]"},{"type":"image_url","image_url":{"url":"data:a@b.co"}}]}]}`,
    ],
    [
      'keeps keys as they are',
      { kind: 'REDACT', replacements: [email] },
      '{"messages":[],"metadata":{"a@b.co":"a@b.co"}}',
      '{"messages":[],"metadata":{"a@b.co":"[EMAIL]"}}',
    ],
    [
      'is given a system prompt where it has none',
      { kind: 'APPEND_SYSTEM_PROMPT', prompt: 'Be "brief".' },
      `{${seed},"messages":[{"role":"user","content":"hi","n":1.50}]}`,
      `{${seed},"messages":[{"role":"system","content":"Be \\"brief\\"."},{"role":"user","content":"hi","n":1.50}]}`,
    ],
    [
      'is told more by its first system message',
      { kind: 'APPEND_SYSTEM_PROMPT', prompt: 'B' },
      '{"messages":[{"role":"developer","content":"A"},{"role":"system","content":"C"}]}',
      '{"messages":[{"role":"developer","content":"A\\n\\nB"},{"role":"system","content":"C"}]}',
    ],
    [
      'is told more in a part of its own where there are parts',
      { kind: 'APPEND_SYSTEM_PROMPT', prompt: 'B' },
      '{"messages":[{"role":"system","content":[{"type":"text","text":"A","x":1.0}]}]}',
      '{"messages":[{"role":"system","content":[{"type":"text","text":"A","x":1.0},{"type":"text","text":"B"}]}]}',
    ],
    [
      'has another prompt in the place of all',
      { kind: 'SET_SYSTEM_PROMPT', prompt: 'B' },
      '{"messages":[{"role":"system","content":"A"},{"role":"user","content":"[],{}"},{"role":"developer","content":"C"}]}',
      '{"messages":[{"role":"system","content":"B"},{"role":"user","content":"[],{}"}]}',
    ],
    [
      'has other roles',
      { kind: 'MAP_ROLES', roles: { developer: 'system' } },
      '{"messages":[{"role":"developer","content":"A"},{"role":"user","content":"role"}]}',
      '{"messages":[{"role":"system","content":"A"},{"role":"user","content":"role"}]}',
    ],
    [
      'has parameters set, under whichever name the limit has',
      { kind: 'SET_PARAMETERS', parameters: { temperature: 0, max_tokens: 9, stop: ['a'] } },
      `{${seed},"messages":[],"temperature":1,"max_completion_tokens":50}`,
      `{${seed},"messages":[],"temperature":0,"max_completion_tokens":9,"stop":["a"]}`,
    ],
    [
      'has parameters within bounds, and those that it does not state left out',
      {
        kind: 'CLAMP_PARAMETERS',
        bounds: { temperature: { min: 0.2, max: 0.8 }, max_tokens: { max: 10 }, top_p: { max: 1 } },
      },
      '{"messages":[],"temperature":0,"max_completion_tokens":11,"max_tokens":5}',
      '{"messages":[],"temperature":0.2,"max_completion_tokens":10,"max_tokens":5}',
    ],
    [
      'has texts replaced',
      {
        kind: 'REPLACE',
        replacements: [{ matcher: compilePattern('[Aa]cme'), replacement: 'we' }],
      },
      '{"messages":[{"role":"user","content":"Acme acme ACME"}]}',
      '{"messages":[{"role":"user","content":"we we ACME"}]}',
    ],
  ])('%s', (_, action, text, expected) => {
    expect(sent(text, action)).toBe(expected)
  })

  it('is left as it is where rules find nothing to do', () => {
    const request = requestOf(`{${seed},"messages":[{"role":"user","content":"hi"}]}`)
    const rules = rulesOf(
      { kind: 'REDACT', replacements: [email] },
      { kind: 'MAP_ROLES', roles: { tool: 'user' } },
      { kind: 'CLAMP_PARAMETERS', bounds: { temperature: { max: 1 } } },
    )
    const ruled = applyRequestRules(rules, request)
    expect(ruled.request).toBe(request)
    expect(ruled.effects.map(({ count }) => count)).toEqual([0, 0, 0])
  })

  it('is refused by what stands in it, and rules behind are not asked', () => {
    const block: RequestAction = { kind: 'BLOCK', matchers: [email.matcher], message: 'No mail.' }
    const rules = rulesOf(block, { kind: 'DENY', message: 'Never.' })
    const text = '{"messages":[{"role":"user","content":"a@b.co"}]}'
    const { effects, refusal } = applyRequestRules(rules, requestOf(text))
    expect(refusal).toMatchObject({ code: 'CONTENT_BLOCKED', status: 400, message: 'No mail.' })
    expect(effects).toEqual([{ rule: 'rule-0', action: 'BLOCK', count: 1 }])
    expect(applyRequestRules(rules, requestOf('{"messages":[]}')).refusal?.message).toBe('Never.')
  })

  it('for embeddings has its texts redacted, and no conversation added', () => {
    const rules = rulesOf(
      { kind: 'REDACT', replacements: [email] },
      { kind: 'SET_SYSTEM_PROMPT', prompt: 'B' },
    )
    const { request } = applyRequestRules(
      rules,
      requestOf('{"input":["a@b.co","x"]}', 'embeddings'),
    )
    expect(request.text).toBe('{"input":["[EMAIL]","x"]}')
  })

  it('says what rules know of it besides', () => {
    const rules = rulesOf(
      { kind: 'ADD_METADATA', metadata: { a: '1', b: '1' } },
      { kind: 'ADD_METADATA', metadata: { b: '2' } },
    )
    expect(applyRequestRules(rules, requestOf('{"messages":[]}')).metadata).toEqual({
      a: '1',
      b: '2',
    })
  })
})
