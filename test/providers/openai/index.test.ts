import { afterEach, describe, expect, it } from 'vitest'
import type { ProviderConfig } from '#domain/config.ts'
import { createOpenAiAdapter } from '#providers/openai/index.ts'
import type { RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, textOfEvents, type Vendor, vendor } from '#test/support/vendor.ts'

let openai: Vendor

afterEach(() => openai.stop())

const start = async (script: readonly RawStep[], config: Partial<ProviderConfig> = {}) => {
  openai = await vendor(createOpenAiAdapter, {
    script,
    config: { apiKeyEnv: 'OPENAI_API_KEY', ...config },
    keys: { OPENAI_API_KEY: 'sk-test-1234' },
  })
  return openai
}

const usage = (input: number, output: number, { read = 0, write = 0, reasoning = 0 } = {}) => ({
  inputTokens: input,
  cacheReadInputTokens: read,
  cacheWriteInputTokens: write,
  outputTokens: output,
  reasoningOutputTokens: reasoning,
  source: 'PROVIDER_REPORTED',
})

const tools = [
  { type: 'tool-call', index: 0, id: 'call_1', name: 'weather', argumentsDelta: '{"city":"Brno"}' },
  { type: 'tool-call', index: 1, id: 'call_2', name: 'time', argumentsDelta: '{}' },
]

describe('a whole answer', () => {
  it.each([
    {
      name: 'text',
      end: { finishReason: 'STOP', usage: usage(19, 10), serviceTier: 'default' },
      events: [{ type: 'text', text: 'Hello! How can I help?' }],
      bytes: 22,
    },
    {
      name: 'tools',
      end: { finishReason: 'TOOL_CALLS', usage: usage(19, 10) },
      events: tools,
      bytes: 28,
    },
    {
      name: 'reasoning-and-cache',
      end: {
        finishReason: 'LENGTH',
        usage: usage(2006, 300, { read: 1920, write: 64, reasoning: 256 }),
        serviceTier: 'flex',
      },
      events: [{ type: 'text', text: '42' }],
      bytes: 2,
    },
    {
      name: 'refusal',
      end: { finishReason: 'STOP' },
      events: [{ type: 'refusal', text: 'I cannot help with that.' }],
      bytes: 24,
    },
    {
      name: 'citations',
      end: { finishReason: 'STOP' },
      events: [
        { type: 'text', text: 'See here.' },
        { type: 'citation', url: 'https://example.com/a', title: 'A' },
      ],
      bytes: 9,
    },
    {
      name: 'two-choices',
      end: { finishReason: 'STOP' },
      events: [{ type: 'text', text: 'one' }],
      bytes: 7,
    },
    {
      name: 'large-integers',
      end: { usage: usage(1, 1) },
      events: [{ type: 'text', text: 'ok' }],
      bytes: 2,
    },
    {
      name: 'no-usage',
      end: { usage: undefined },
      events: [{ type: 'text', text: 'Hello!' }],
      bytes: 6,
    },
    {
      name: 'odd-usage',
      end: { usage: undefined },
      events: [{ type: 'text', text: 'Hello!' }],
      bytes: 6,
    },
  ])('of $name is one chunk with the document as it came', async ({ name, end, events, bytes }) => {
    const { ask } = await start([fixtureAnswer(`openai/${name}.json`)])
    const read = await ask()
    expect(read.chunks).toHaveLength(1)
    expect(read.raw).toBe(fixture(`openai/${name}.json`).toString())
    expect(read.events).toEqual(events)
    expect(read.end).toMatchObject(end)
    expect(read.end?.reportedCost).toBeUndefined()
    expect(read.producedBytes).toBe(bytes)
  })

  it('brings the headers that callers may see, and the id of the provider', async () => {
    const { ask } = await start([
      fixtureAnswer('openai/text.json', {
        headers: {
          'X-Request-ID': 'req_1',
          'X-RateLimit-Remaining-Requests': '7',
          'Retry-After': '1',
          'Set-Cookie': 'a=b',
          'OpenAI-Organization': 'org',
        },
      }),
    ])
    const { answer } = await ask()
    expect(answer).toMatchObject({ status: 200, upstreamRequestId: 'req_1' })
    expect(answer.headers).toEqual({ 'x-ratelimit-remaining-requests': '7', 'retry-after': '1' })
  })

  it('of embeddings has no events', async () => {
    const { ask, sent, server } = await start([fixtureAnswer('openai/embeddings.json')])
    const body = { model: 'openai:text-embedding-3-small', input: 'hi' }
    const read = await ask(undefined, {
      model: 'text-embedding-3-small',
      request: {
        operation: 'embeddings',
        model: body.model,
        stream: false,
        text: JSON.stringify(body),
        body,
      },
    })
    expect(read.end).toMatchObject({ usage: usage(8, 0), servedModel: 'text-embedding-3-small' })
    expect(read.events).toEqual([])
    expect(read.raw).toBe(fixture('openai/embeddings.json').toString())
    expect(server.requests[0]).toMatch(/^POST \/v1\/embeddings /)
    expect(sent()).toBe('{"model":"text-embedding-3-small","input":"hi"}')
  })
})

describe('a streamed answer', () => {
  it.each([
    [
      'text',
      {
        finishReason: 'STOP',
        usage: usage(19, 10),
        servedModel: 'gpt-4.1-mini-2025-04-14',
        serviceTier: 'default',
      },
      'Hello 🐎',
    ],
    [
      'reasoning-and-cache',
      {
        finishReason: 'LENGTH',
        usage: usage(2006, 300, { read: 1920, write: 64, reasoning: 256 }),
        serviceTier: 'flex',
      },
      '42',
    ],
    ['no-usage', { finishReason: 'STOP', usage: undefined }, 'Hello'],
  ])('of %s ends with what the last chunks say', async (name, end, text) => {
    const { ask } = await start([fixtureAnswer(`openai/${name}.sse`)])
    const read = await ask({ stream: true })
    expect(read.error).toBeUndefined()
    expect(read.end).toMatchObject(end)
    expect(textOfEvents(read.events)).toBe(text)
    expect(read.producedBytes).toBe(Buffer.byteLength(text))
    expect(read.chunks.filter((chunk) => chunk.end)).toHaveLength(1)
    expect(Buffer.from(read.chunks.at(-1)?.raw ?? []).toString()).toBe('data: [DONE]\n\n')
  })

  it('gives tool calls in pieces', async () => {
    const { ask } = await start([fixtureAnswer('openai/tools.sse')])
    const { events, end } = await ask({ stream: true })
    expect(events).toEqual([
      { type: 'tool-call', index: 0, id: 'call_1', name: 'weather', argumentsDelta: '' },
      { type: 'tool-call', index: 0, argumentsDelta: '{"city":' },
      { type: 'tool-call', index: 0, argumentsDelta: '"Brno"}' },
    ])
    expect(end?.finishReason).toBe('TOOL_CALLS')
  })

  it('gives a refusal', async () => {
    const { ask } = await start([fixtureAnswer('openai/refusal.sse')])
    expect(textOfEvents((await ask({ stream: true })).events, 'refusal')).toBe('I cannot help.')
  })

  it('hides the usage that the caller did not ask for, and nothing else', async () => {
    const { ask } = await start([fixtureAnswer('openai/text.sse')])
    const text = fixture('openai/text.sse').toString()
    const { raw } = await ask({ stream: true })
    expect(raw).toBe(
      text
        .split('\n\n')
        .filter((frame) => !frame.includes('"choices":[]'))
        .join('\n\n'),
    )
    expect(raw).not.toBe(text)
  })

  it('shows the usage to a caller who asked', async () => {
    const { ask } = await start([fixtureAnswer('openai/text.sse')])
    const { raw } = await ask({ stream: true, stream_options: { include_usage: true } })
    expect(raw).toBe(fixture('openai/text.sse').toString())
  })

  it('with several choices gives the first, and counts all', async () => {
    const { ask } = await start([fixtureAnswer('openai/two-choices.sse')])
    const read = await ask({ stream: true, n: 2 })
    expect(textOfEvents(read.events)).toBe('one')
    expect(read.end?.finishReason).toBe('STOP')
    expect(read.producedBytes).toBe(7)
  })

  it('without [DONE] ends after the finish reason, and gets one of ours', async () => {
    const { ask } = await start([fixtureAnswer('openai/no-done.sse')])
    const { raw, end } = await ask({ stream: true, stream_options: { include_usage: true } })
    expect(end).toMatchObject({ finishReason: 'STOP', usage: usage(19, 10) })
    expect(raw).toBe(`${fixture('openai/no-done.sse').toString()}data: [DONE]\n\n`)
  })

  it('without [DONE] gets none under a v0.7.2 configuration', async () => {
    const { ask } = await start([fixtureAnswer('openai/no-done.sse')], { legacy: true })
    const { raw, chunks } = await ask({ stream: true, stream_options: { include_usage: true } })
    expect(raw).toBe(fixture('openai/no-done.sse').toString())
    expect(chunks.at(-1)).toMatchObject({ raw: Buffer.alloc(0), end: { finishReason: 'STOP' } })
  })

  it.each([
    ['cut', 1],
    ['cut-after-one-of-two', 2],
  ])('that is %s is an error behind what came', async (name, n) => {
    const { ask } = await start([fixtureAnswer(`openai/${name}.sse`)])
    const read = await ask({ stream: true, n })
    expect(read.error).toMatchObject({
      code: 'PROVIDER_PROTOCOL',
      details: { provider: 'openai', model: 'some-model' },
    })
    expect(read.end).toBeUndefined()
    expect(read.raw).toBe(fixture(`openai/${name}.sse`).toString())
  })

  it('that holds an error is that error behind what came', async () => {
    const { ask } = await start([fixtureAnswer('openai/error-in-stream.sse')])
    const read = await ask({ stream: true })
    expect(read.error).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining('The server had an error'),
    })
    expect(textOfEvents(read.events)).toBe('Hel')
    expect(read.raw).not.toContain('error')
  })

  it('leaves out events that cannot be read', async () => {
    const { ask } = await start([fixtureAnswer('openai/malformed.sse')])
    const read = await ask({ stream: true })
    expect(read.error).toBeUndefined()
    expect(textOfEvents(read.events)).toBe('Hello')
    expect(
      read.raw
        .split('\n\n')
        .slice(0, -2)
        .map((frame): unknown => JSON.parse(frame.slice(6))),
    ).toHaveLength(3)
  })

  it('passes on events that cannot be read under a v0.7.2 configuration', async () => {
    const { ask } = await start([fixtureAnswer('openai/malformed.sse')], { legacy: true })
    expect((await ask({ stream: true })).raw).toBe(fixture('openai/malformed.sse').toString())
  })
})

describe('a request', () => {
  it('is the text of the caller with the model of the provider', async () => {
    const { ask, sent } = await start([fixtureAnswer('openai/text.json')])
    const text =
      '{ "seed": 12345678901234567890, "model":"openai:gpt-x", "temperature": 1.0, "x": {"model": 1} }'
    await ask(undefined, {
      model: 'gpt-x',
      request: {
        operation: 'chat',
        model: 'openai:gpt-x',
        stream: false,
        text,
        body: JSON.parse(text),
      },
    })
    expect(sent()).toBe(
      '{ "seed": 12345678901234567890, "model":"gpt-x", "temperature": 1.0, "x": {"model": 1} }',
    )
  })

  it('carries the key, and an id for the logs of the provider', async () => {
    const { ask, server } = await start([fixtureAnswer('openai/text.json')])
    await ask()
    expect(server.requests[0]).toMatch(/^POST \/v1\/chat\/completions /)
    expect(server.requests[0]).toContain('\r\nauthorization: Bearer sk-test-1234\r\n')
    expect(server.requests[0]).toContain(
      '\r\nx-client-request-id: 019a0000-0000-7000-8000-000000000001\r\n',
    )
  })
})

it('lists its models, those without an id apart', async () => {
  const { adapter, server } = await start([fixtureAnswer('openai/models.json')])
  const { Cancellation } = await import('#domain/cancellation.ts')
  expect(await adapter.models(new Cancellation())).toEqual([
    { id: 'gpt-4.1-mini' },
    { id: 'text-embedding-3-small' },
  ])
  expect(server.requests[0]).toMatch(/^GET \/v1\/models /)
})
