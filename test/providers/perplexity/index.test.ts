import { afterEach, describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { createPerplexityAdapter } from '#providers/perplexity/index.ts'
import { AgentStream } from '#providers/perplexity/stream.ts'
import { chunkedHead, httpAnswer, httpChunk, type RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, textOfEvents, type Vendor, vendor } from '#test/support/vendor.ts'

let perplexity: Vendor

afterEach(() => perplexity.stop())

const start = async (script: readonly RawStep[]) => {
  perplexity = await vendor(createPerplexityAdapter, {
    script,
    config: {
      name: 'perplexity',
      kind: 'PERPLEXITY',
      priceList: 'perplexity',
      chatPath: '/agent',
      modelsPath: '/models',
      apiKeyEnv: 'PERPLEXITY_API_KEY',
    },
    keys: { PERPLEXITY_API_KEY: 'pplx-test-key' },
  })
  return perplexity
}

const usage = (input: number, output: number, { read = 0, write = 0 } = {}) => ({
  inputTokens: input,
  cacheReadInputTokens: read,
  cacheWriteInputTokens: write,
  outputTokens: output,
  reasoningOutputTokens: 0,
  source: 'PROVIDER_REPORTED',
})

const brno = { type: 'citation', url: 'https://example.com/brno', title: 'Brno' }

describe('an answer', () => {
  it('of a search has its thoughts, its sources once each, its text, its usage and its bill to the tick', async () => {
    const { ask } = await start([fixtureAnswer('perplexity/search.sse')])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('Brno has about 400,000 people [1].')
    expect(textOfEvents(read.events, 'reasoning')).toBe('I should look this up.\n')
    expect(read.events.filter(({ type }) => type === 'citation')).toEqual([
      brno,
      { type: 'citation', url: 'https://example.com/cities', title: 'Cities' },
      { type: 'citation', url: 'https://example.com/third', title: 'Third' },
    ])
    expect(read.end).toEqual({
      finishReason: 'STOP',
      servedModel: 'perplexity/sonar',
      usage: usage(3681, 780, { read: 2048, write: 12 }),
      reportedCost: 74_880_001n,
    })
  })

  it('asks for a function', async () => {
    const { ask } = await start([fixtureAnswer('perplexity/tools.sse')])
    const read = await ask({ stream: true })
    expect(read.events).toEqual([
      {
        type: 'tool-call',
        index: 0,
        id: 'call_1',
        name: 'weather',
        argumentsDelta: '{"city":"Brno"}',
      },
    ])
    expect(read.end).toMatchObject({
      finishReason: 'TOOL_CALLS',
      reportedCost: 4_370_000n,
      usage: usage(90, 20),
    })
    expect(read.producedBytes).toBe('weather{"city":"Brno"}'.length)
  })

  it('that comes only with its end is whole all the same; a bill in another currency is none', async () => {
    const { ask } = await start([fixtureAnswer('perplexity/only-at-the-end.sse')])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('All at once.')
    expect(read.events[0]).toEqual({
      type: 'citation',
      url: 'https://example.com/page',
      title: 'Page',
    })
    expect(read.end?.reportedCost).toBeUndefined()
  })

  it.each([
    ['limit', { finishReason: 'LENGTH', usage: undefined }],
    ['cache-apart', { finishReason: 'STOP', usage: usage(1050, 5, { read: 1000, write: 30 }) }],
  ])('of %s ends as it was', async (name, end) => {
    const { ask } = await start([fixtureAnswer(`perplexity/${name}.sse`)])
    expect((await ask({ stream: true })).end).toMatchObject(end)
  })

  it('that comes as a document is one chunk', async () => {
    const { ask } = await start([fixtureAnswer('perplexity/document.json')])
    const read = await ask()
    expect(read.chunks).toHaveLength(1)
    expect(read.events).toEqual([brno, { type: 'text', text: 'About 400,000 [1].' }])
    expect(read.end).toMatchObject({ usage: usage(100, 8), reportedCost: 100_450_000n })
  })

  it('is the same however the network slices it', async () => {
    const slices = [...fixture('perplexity/search.sse')].map((byte) =>
      httpChunk(Uint8Array.of(byte)),
    )
    const { ask } = await start([chunkedHead(), ...slices, httpChunk('')])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('Brno has about 400,000 people [1].')
    expect(read.end?.reportedCost).toBe(74_880_001n)
  })

  it('shows that the agent is at work, which comments do not', () => {
    const reader = new AgentStream({ provider: 'perplexity', model: 'm' })
    const push = (text: string) => [...reader.push(Buffer.from(text))]
    expect(push(': still here\n\n')).toEqual([])
    expect(push('data: {"type":"response.in_progress"}\n\n')).toEqual([
      { events: [], producedBytes: 0 },
    ])
  })

  it('breaks off with an error event that is no JSON', async () => {
    const { ask } = await start([
      httpAnswer('event: error\ndata: Rate limit reached\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      }),
    ])
    expect((await ask({ stream: true })).error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' })
  })

  it.each([
    ['failed', 'PROVIDER_UNAVAILABLE', /the model is overloaded/],
    ['cut', 'PROVIDER_PROTOCOL', /before it was complete/],
  ])('that %s breaks off with an error and no end', async (name, code, message) => {
    const { ask } = await start([fixtureAnswer(`perplexity/${name}.sse`)])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('Bro')
    expect(read.end).toBeUndefined()
    expect(read.error).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it.each([['[]'], ['{}'], ['{"output":1}'], ['nonsense']])(
    'that is %s is a protocol error',
    async (body) => {
      const { refused } = await start([httpAnswer(body)])
      expect(await refused()).toMatchObject({ code: 'PROVIDER_PROTOCOL', status: 502 })
    },
  )

  it('of a document that failed is the error in it', async () => {
    const document =
      '{"status":"failed","error":{"message":"no such preset","code":"invalid_request"},"output":[]}'
    const { refused } = await start([httpAnswer(document)])
    expect(await refused()).toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('no such preset'),
    })
  })
})

describe('a refusal', () => {
  it.each([
    ['error-key.json', 401, 'PROVIDER_AUTH'],
    ['error-key.html', 401, 'PROVIDER_AUTH'],
    ['error-validation.json', 422, 'PROVIDER_REJECTED'],
    ['error-rate-limit.json', 429, 'PROVIDER_RATE_LIMITED'],
    ['error-credits.json', 402, 'PROVIDER_QUOTA'],
    ['error-rate-limit.json', 500, 'PROVIDER_UNAVAILABLE'],
  ])('of %s with %i has its code and status', async (name, status, code) => {
    const { refused } = await start([fixtureAnswer(`perplexity/${name}`, { status })])
    const error = await refused({ stream: true })
    expect(error).toMatchObject({ code, status })
    expect(error.message).not.toContain('pplx-abcdef123456')
  })

  it('of embeddings comes before anything is sent', async () => {
    const { ask, server } = await start([fixtureAnswer('perplexity/document.json')])
    const body = { model: 'perplexity:x', input: 'a' }
    const request = {
      operation: 'embeddings' as const,
      model: body.model,
      stream: false,
      text: JSON.stringify(body),
      body,
    }
    await expect(ask({}, { request })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(server.requests).toEqual([])
  })
})

it('sends the key, and asks for a stream', async () => {
  const { ask, server, sent } = await start([fixtureAnswer('perplexity/search.sse')])
  await ask()
  expect(server.requests[0]).toMatch(/^POST \/v1\/agent /)
  expect(server.requests[0]).toContain('authorization: Bearer pplx-test-key')
  expect(JSON.parse(sent())).toMatchObject({ preset: 'some-model', stream: true })
})

it('lists models', async () => {
  const { adapter } = await start([fixtureAnswer('perplexity/models.json')])
  expect(await adapter.models(new Cancellation())).toEqual([
    { id: 'perplexity/sonar' },
    { id: 'openai/gpt-5.2' },
  ])
})
