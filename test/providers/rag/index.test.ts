import { afterEach, describe, expect, it } from 'vitest'
import { createRagAdapter } from '#providers/rag/index.ts'
import { httpAnswer, type RawStep } from '#test/support/raw-server.ts'
import { type Vendor, vendor } from '#test/support/vendor.ts'

let rag: Vendor

afterEach(() => rag.stop())

const start = async (script: readonly RawStep[], { legacy = true } = {}) => {
  rag = await vendor(createRagAdapter, {
    script,
    config: { name: 'rag', kind: 'RAG', chatPath: '/query', apiKeyEnv: 'KEY', legacy },
    keys: { KEY: 'secret-key' },
  })
  return rag
}

const answer = httpAnswer('{"answer":"forty-two","context":[{"doc":12345678901234567890}]}')

describe('the RAG backend', () => {
  it('gets model and messages, digit for digit, and nothing else', async () => {
    const { ask, server, sent } = await start([answer])
    await ask({ temperature: 1 }, { model: 'docs' })
    expect(server.requests[0]).toMatch(/^POST \/v1\/query /)
    expect(server.requests[0]).not.toMatch(/authorization/i)
    expect(sent()).toBe('{"model":"docs","messages":[{"role":"user","content":"hi"}]}')
  })

  it('answers as a completion with its context', async () => {
    const { ask } = await start([answer])
    const { raw, events, end, producedBytes } = await ask({}, { model: 'docs' })
    expect(JSON.parse(raw)).toEqual({
      id: expect.stringMatching(/^rag-\d+$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'rag:docs',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'forty-two' }, finish_reason: 'stop' },
      ],
      rag_context: [{ doc: expect.any(Number) }],
    })
    expect(raw).toContain('12345678901234567890')
    expect(events).toEqual([{ type: 'text', text: 'forty-two' }])
    expect(end).toEqual({ finishReason: 'STOP', servedModel: 'rag:docs' })
    expect(producedBytes).toBe(9)
  })

  it('answers a streamed call in one frame', async () => {
    const { ask } = await start([answer])
    const { raw } = await ask({ stream: true }, { model: 'docs' })
    const [first = '', last] = raw.split('\n\n').map((frame) => frame.slice('data: '.length))
    expect(JSON.parse(first)).toMatchObject({
      id: expect.stringMatching(/^rag-\d+$/),
      object: 'chat.completion.chunk',
      model: 'rag:docs',
      choices: [
        { index: 0, delta: { role: 'assistant', content: 'forty-two' }, finish_reason: 'stop' },
      ],
      rag_context: [{}],
    })
    expect(last).toBe('[DONE]')
  })

  it.each([
    ['plain words', 'plain words'],
    ['[1]', ''],
    ['"text"', ''],
    ['{"context":1}', null],
    ['{"answer":7}', null],
  ])('may answer %s', async (body, content) => {
    const { ask } = await start([httpAnswer(body, { headers: { 'content-type': 'text/plain' } })])
    expect(JSON.parse((await ask()).raw)).toMatchObject({ choices: [{ message: { content } }] })
  })

  it('has not answered where its JSON was cut, except under a v0.7.2 configuration', async () => {
    const cut = httpAnswer('{"answer":"forty')
    const { refused } = await start([cut], { legacy: false })
    expect(await refused()).toMatchObject({ code: 'PROVIDER_PROTOCOL', status: 502 })
    await rag.stop()
    const { ask } = await start([cut], { legacy: true })
    expect((await ask()).events).toEqual([{ type: 'text', text: '{"answer":"forty' }])
  })

  it('keeps its status and its words when it refuses', async () => {
    const { refused } = await start([httpAnswer('{"error":"no index"}', { status: 503 })])
    expect(await refused()).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      status: 503,
      details: { legacyDetail: '{"error":"no index"}' },
    })
  })

  it('has no list of models', async () => {
    const { adapter } = await start([])
    const { Cancellation } = await import('#domain/cancellation.ts')
    expect(await adapter.models(new Cancellation())).toEqual([])
  })
})
