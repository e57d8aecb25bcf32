import { afterEach, describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { createAgentAdapter } from '#providers/agent/index.ts'
import { httpAnswer, type RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, type Vendor, vendor } from '#test/support/vendor.ts'

let agent: Vendor

afterEach(() => agent.stop())

const start = async (script: readonly RawStep[]) => {
  agent = await vendor(createAgentAdapter, {
    script,
    config: {
      name: 'agent',
      kind: 'AGENT',
      headers: { 'x-default': '1' },
      apiKeyEnv: 'KEY',
      legacy: true,
    },
    keys: { KEY: 'secret-key' },
  })
  return agent
}

const frames = (raw: string) =>
  raw
    .split('\n\n')
    .filter(Boolean)
    .map((frame) => frame.slice('data: '.length))

describe('the agent runner', () => {
  it('gets the text as it came and no key, and its document is passed on', async () => {
    const { ask, server, sent } = await start([fixtureAnswer('openai/text.json')])
    const { raw, end } = await ask({ model: 'agent:mcp', seed: 1 })
    expect(sent()).toBe(
      '{"model":"agent:mcp","messages":[{"role":"user","content":"hi"}],"seed":1}',
    )
    expect(server.requests[0]).not.toMatch(/authorization|x-default|secret-key/)
    expect(raw).toBe(fixture('openai/text.json').toString())
    expect(end?.usage).toMatchObject({ inputTokens: 19, outputTokens: 10 })
  })

  it('is asked for a whole answer by a streamed call, which gets it in one frame', async () => {
    const { ask, sent } = await start([fixtureAnswer('openai/tools.json')])
    const { raw, events } = await ask({ model: 'agent:mcp', stream: true }, { model: 'mcp' })
    expect(sent()).toContain('"stream":false')
    const [first = '', last, ...more] = frames(raw)
    expect(JSON.parse(first)).toMatchObject({
      id: 'chatcmpl-BkT0',
      object: 'chat.completion.chunk',
      model: 'agent:mcp',
      choices: [
        {
          index: 0,
          delta: {
            role: 'assistant',
            content: '',
            tool_calls: [{ index: 0, id: 'call_1' }, { index: 1 }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 19 },
    })
    expect([last, ...more]).toEqual(['[DONE]'])
    expect(events).toHaveLength(2)
  })

  it('that answers in words to a streamed call has said that text', async () => {
    const { ask } = await start([
      httpAnswer('done "it"', { headers: { 'content-type': 'text/plain' } }),
    ])
    const { raw, events } = await ask({ stream: true }, { model: 'mcp' })
    expect(events).toEqual([{ type: 'text', text: 'done "it"' }])
    expect(JSON.parse(frames(raw)[0] ?? '')).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-\d+$/),
      model: 'agent:mcp',
      choices: [{ delta: { content: 'done "it"' }, finish_reason: 'stop' }],
    })
  })

  it('that answers in words to a whole call is quoted', async () => {
    const { ask } = await start([httpAnswer('done', { headers: { 'content-type': 'text/plain' } })])
    expect((await ask()).raw).toBe('{"detail":"done"}')
  })

  it.each([true, false])('keeps its status when it refuses (streamed: %s)', async (stream) => {
    const { refused } = await start([
      httpAnswer('{"detail":{"upstream_error":"x"}}', { status: 418 }),
    ])
    const error = await refused({ stream })
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED', status: 418 })
    expect(Buffer.from(error.details.upstream?.body ?? []).toString()).toBe(
      '{"detail":{"upstream_error":"x"}}',
    )
  })

  it('has one model as long as it is up', async () => {
    const { adapter, server } = await start([httpAnswer('{"ok":true}')])
    expect(await adapter.models(new Cancellation())).toEqual([{ id: 'mcp' }])
    expect(server.requests[0]).toMatch(/^GET \/v1\/ /)
    expect(adapter.credential()).toBe('NOT_NEEDED')
  })
})
