import { describe, expect, it } from 'vitest'
import type { CallRule } from '#domain/call-rule.ts'
import type { Chunk } from '#domain/chat.ts'
import { detectors } from '#domain/detector.ts'
import type { RuleEffect } from '#domain/ruled-request.ts'
import type { Answer, Call } from '#gateway/call.ts'
import { openCall } from '#gateway/call.ts'
import { transform } from '#gateway/steps/transform.ts'
import { aRoute } from '#test/support/a-route.ts'
import { callRequest, endChunk, scriptedAdapter, testPrice } from '#test/support/fake-gateway.ts'

const target = {
  adapter: scriptedAdapter(() => Promise.reject(new Error('called'))),
  model: 'gpt-test',
  price: testPrice,
  maxOutputTokens: 1000,
  simulated: false,
}
const { matcher, placeholder: replacement } = detectors.email
const replacements = [{ matcher, replacement }]
const redactsAnswers: CallRule = {
  name: 'mail',
  when: {},
  on: 'RESPONSE',
  action: { kind: 'REDACT', replacements },
}
const marks = (when: CallRule['when']): CallRule => ({
  name: 'mark',
  when,
  on: 'REQUEST',
  action: { kind: 'ADD_METADATA', metadata: { seen: 'yes' } },
})

function callOf(body: object = {}): Call {
  const request = { model: 'fast', messages: [], ...body }
  const asked = callRequest({ model: 'fast', text: JSON.stringify(request), body: request })
  const call = openCall(asked, { now: 0, epochMs: 0, configVersion: 1 })
  call.route = aRoute([target])
  return call
}

async function run(rules: readonly CallRule[], call = callOf(), chunks: readonly Chunk[] = []) {
  const effects: RuleEffect[] = []
  const observer = {
    callStarted: () => {},
    attemptStarted: () => {},
    callEnded: () => {},
    ruleActed: (effect: RuleEffect) => effects.push(effect),
  }
  const cancelled: unknown[] = []
  const attempt = {
    producedBytes: 0,
    cancellation: { cancel: (why: unknown) => cancelled.push(why) },
  }
  const given = { call, attempt, chunks: chunksOf(chunks) } as unknown as Answer
  const before = given.chunks
  const answer = await transform({ rules: () => rules, observer })(async () => given)(call)
  return { answer, attempt, before, call, cancelled, effects, given }
}

async function* chunksOf(chunks: readonly Chunk[]): AsyncGenerator<Chunk> {
  yield* chunks
}

describe('a call', () => {
  it('that no rule is for keeps its request and the path of its answer', async () => {
    const asked = callOf()
    const { request } = asked
    const { answer, before, call } = await run([marks({ tenants: ['other'] })], asked)
    expect(call.request).toBe(request)
    expect(answer.chunks).toBe(before)
  })

  it.each<[string, CallRule['when'], boolean]>([
    ['the name asked for', { models: ['fa*'] }, true],
    ['the target', { models: ['openai:gpt-*'] }, true],
    ['another model', { models: ['gpt-test'] }, false],
    ['its provider', { providers: ['xai', 'openai'] }, true],
    ['another provider', { providers: ['xai'] }, false],
    ['a key, where it has none', { apiKeys: ['k'] }, false],
    ['all that is said', { models: ['fast'], providers: ['xai'] }, false],
  ])('is ruled by %s', async (_, when, applies) => {
    const { call, effects } = await run([marks(when)])
    expect(call.opening.metadata).toEqual(applies ? { seen: 'yes' } : null)
    expect(effects).toHaveLength(applies ? 1 : 0)
  })

  it('of several choices is refused where a rule looks at answers', async () => {
    await expect(run([redactsAnswers], callOf({ n: 2 }))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })
})

describe('an answer', () => {
  it('loses the bytes of its provider, and stays the same answer', async () => {
    const raw = Buffer.from('data: {"content":"ann@x.org"}')
    const text: Chunk = { events: [{ type: 'text', text: 'ann@x.org' }], raw, producedBytes: 9 }
    const { answer, given } = await run([redactsAnswers], callOf(), [text, { ...endChunk(), raw }])
    expect(answer).toBe(given)
    const chunks = await Array.fromAsync(answer.chunks)
    expect(chunks.flatMap((chunk) => chunk.events)).toEqual([{ type: 'text', text: '[EMAIL]' }])
    expect(chunks.some((chunk) => 'raw' in chunk)).toBe(false)
    expect(chunks.map(({ producedBytes }) => producedBytes)).toEqual([9, 0])
  })

  it('that is blocked stops its provider and keeps what it used', async () => {
    const blocks: CallRule = {
      name: 'stop',
      when: {},
      on: 'RESPONSE',
      action: { kind: 'BLOCK', matchers: [matcher], message: 'No mail.' },
    }
    const end = endChunk()
    const last: Chunk = { ...end, events: [{ type: 'text', text: 'ann@x.org' }], producedBytes: 9 }
    const { answer, attempt, cancelled } = await run([blocks], callOf(), [last])
    await expect(Array.fromAsync(answer.chunks)).rejects.toMatchObject({ code: 'CONTENT_BLOCKED' })
    expect(attempt).toMatchObject({ producedBytes: 9, end: end.end })
    expect(cancelled).toHaveLength(1)
  })
})
