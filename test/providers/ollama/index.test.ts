import { afterEach, describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import type { JsonObject } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import { createOllamaAdapter } from '#providers/ollama/index.ts'
import { chunkedHead, httpAnswer, httpChunk, type RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, textOfEvents, type Vendor, vendor } from '#test/support/vendor.ts'

let ollama: Vendor

afterEach(() => ollama.stop())

const config: Partial<ProviderConfig> = {
  name: 'ollama',
  kind: 'OLLAMA',
  priceList: 'local',
}

const start = async (script: readonly RawStep[], { isBuiltIn = false, legacy = false } = {}) => {
  ollama = await vendor((given, tools) => createOllamaAdapter(given, { ...tools, isBuiltIn }), {
    script,
    config: { ...config, legacy },
  })
  return ollama
}

const lines = (name: string) =>
  fixtureAnswer(`ollama/${name}.ndjson`, { headers: { 'content-type': 'application/x-ndjson' } })

const usage = (input: number, output: number) => ({
  inputTokens: input,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: output,
  reasoningOutputTokens: 0,
  source: 'PROVIDER_REPORTED',
})

const embeddings = (more: JsonObject = {}) => {
  const body = { model: 'ollama:nomic-embed-text', input: ['a', 'b'], ...more }
  const request = {
    operation: 'embeddings' as const,
    model: body.model,
    stream: false,
    text: JSON.stringify(body),
    body,
  }
  return { model: 'nomic-embed-text', request }
}

describe('a streamed answer', () => {
  it.each([
    [
      'text',
      'Hello wörld!',
      { finishReason: 'STOP', usage: usage(26, 4), servedModel: 'llama3:8b' },
    ],
    ['thinking', '42', { finishReason: 'LENGTH', usage: usage(11, 7), servedModel: 'qwen3:4b' }],
    ['cached-prompt', 'Hi', { finishReason: 'STOP', usage: undefined }],
    ['no-tokens', '', { finishReason: 'STOP', usage: usage(9, 0) }],
    ['odd', 'Hello', { finishReason: 'STOP', usage: usage(3, 2) }],
  ])('of %s comes in pieces and ends with its usage', async (name, text, end) => {
    const { ask } = await start([lines(name)])
    const read = await ask({ stream: true })
    expect(read.error).toBeUndefined()
    expect(textOfEvents(read.events)).toBe(text)
    expect(read.end).toMatchObject(end)
    expect(read.end?.usage).toEqual(end.usage)
    expect(read.chunks.filter((chunk) => chunk.end)).toHaveLength(1)
    expect(read.chunks.at(-1)?.events).toEqual([])
  })

  it('carries no bytes of its own, and counts what was produced', async () => {
    const { ask } = await start([lines('text')])
    const read = await ask({ stream: true })
    expect(read.chunks.every(({ raw }) => raw === undefined)).toBe(true)
    expect(read.producedBytes).toBe(Buffer.byteLength('Hello wörld!'))
  })

  it('tells thinking apart from the answer', async () => {
    const { ask } = await start([lines('thinking')])
    expect(textOfEvents((await ask({ stream: true })).events, 'reasoning')).toBe('Let me see.')
  })

  it('brings tool calls with every digit of their arguments', async () => {
    const { ask } = await start([lines('tools')])
    const read = await ask({ stream: true })
    expect(read.events).toEqual([
      {
        type: 'tool-call',
        index: 0,
        id: 'call_a1',
        name: 'weather',
        argumentsDelta: '{"city":"Brno","id":9007199254740993}',
      },
      {
        type: 'tool-call',
        index: 1,
        id: expect.stringMatching(/^call_\w+$/),
        name: 'time',
        argumentsDelta: '{}',
      },
    ])
    expect(read.end?.finishReason).toBe('TOOL_CALLS')
  })

  it('is the same however the network slices it', async () => {
    const bytes = fixture('ollama/text.ndjson')
    const slices = [...bytes].map((byte) => httpChunk(Uint8Array.of(byte)))
    const { ask } = await start([
      chunkedHead({ 'content-type': 'application/x-ndjson' }),
      ...slices,
      httpChunk(''),
    ])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('Hello wörld!')
    expect(read.end?.usage).toEqual(usage(26, 4))
  })

  it('that is cut is a failure, never an end', async () => {
    const { ask } = await start([lines('cut')])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('Hello')
    expect(read.end).toBeUndefined()
    expect(read.error).toMatchObject({ code: 'PROVIDER_PROTOCOL' })
  })

  it('that reports an error in its middle breaks off with it', async () => {
    const { ask } = await start([lines('error-in-stream')])
    const read = await ask({ stream: true })
    expect(textOfEvents(read.events)).toBe('Hello')
    expect(read.error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(read.error?.message).toContain('llama runner process has terminated')
  })

  it('ends with the reason of a cancellation, and closes the connection', async () => {
    const first = fixture('ollama/text.ndjson').toString().split('\n')[0]
    const { ask, server } = await start([
      chunkedHead({ 'content-type': 'application/x-ndjson' }),
      httpChunk(`${first}\n`),
      'WAIT',
    ])
    const cancellation = new Cancellation()
    const reading = ask(
      { stream: true },
      {
        cancellation,
        onSent: () =>
          queueMicrotask(() => cancellation.cancel(new GatewayError('CANCELLED', 'gone'))),
      },
    )
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
    await server.closing
  })
})

describe('a whole answer', () => {
  it.each([
    ['asked for as a stream', lines('text'), false, true],
    ['that comes as a document all the same', fixtureAnswer('ollama/text.json'), false, true],
    ['asked for whole with a v0.7.2 configuration', fixtureAnswer('ollama/text.json'), true, false],
  ])('%s', async (_, answer, legacy, stream) => {
    const { ask, sent, server } = await start([answer], { legacy })
    const read = await ask()
    expect(server.requests[0]).toMatch(/^POST \/v1\/api\/chat /)
    expect(JSON.parse(sent())).toMatchObject({ stream })
    expect(textOfEvents(read.events)).toBe('Hello wörld!')
    expect(read.end).toMatchObject({ finishReason: 'STOP', usage: usage(26, 4) })
  })

  it.each(['{}', '[]', '{"message":7}', '{"message":{"content":{"a":1}}}'])(
    'without a message (%s) is empty with a v0.7.2 configuration',
    async (document) => {
      const { ask } = await start([httpAnswer(document)], { legacy: true })
      const read = await ask()
      expect(textOfEvents(read.events)).toBe('')
      expect(read.end?.finishReason).toBe('STOP')
    },
  )

  it('without a message is a protocol error otherwise', async () => {
    const { refused } = await start([httpAnswer('{"model":"x"}')])
    expect(await refused()).toMatchObject({ code: 'PROVIDER_PROTOCOL', status: 502 })
  })

  it('that is no JSON is 502, with the detail of v0.7.2', async () => {
    const { refused } = await start(
      [httpAnswer('<html>', { headers: { 'content-type': 'application/json' } })],
      { legacy: true },
    )
    const error = await refused()
    expect(error).toMatchObject({ code: 'PROVIDER_PROTOCOL', status: 502 })
    expect(Object.keys(error.details.legacyDetail ?? {}).toSorted()).toEqual([
      'error',
      'message',
      'model',
      'suggestion',
    ])
  })
})

describe('a refusal', () => {
  it.each([
    ['error-model', 404, 'MODEL_NOT_FOUND', /is not there/],
    ['error-busy', 503, 'PROVIDER_UNAVAILABLE', /busy/],
    ['error-options', 400, 'PROVIDER_REJECTED', /invalid options/],
    ['error-options', 500, 'PROVIDER_UNAVAILABLE', /invalid options/],
  ])('of %s with %i keeps its status', async (name, status, code, message) => {
    const { refused } = await start([fixtureAnswer(`ollama/${name}.json`, { status })])
    const error = await refused({ stream: true })
    expect(error).toMatchObject({ code, status })
    expect(error.details.legacyDetail).toEqual({
      error: expect.any(String),
      message: expect.stringMatching(message),
      model: 'some-model',
      suggestion: expect.any(String),
      provider: 'ollama',
    })
  })

  it('of the built-in Ollama names no provider in its detail', async () => {
    const { refused } = await start([fixtureAnswer('ollama/error-model.json', { status: 404 })], {
      isBuiltIn: true,
    })
    expect(Object.keys((await refused()).details.legacyDetail ?? {})).not.toContain('provider')
  })
})

describe('embeddings', () => {
  it("become OpenAI's document", async () => {
    const { ask, sent } = await start([fixtureAnswer('ollama/embeddings.json')])
    const read = await ask({}, embeddings({ dimensions: 3 }))
    expect(JSON.parse(sent())).toEqual({
      model: 'nomic-embed-text',
      input: ['a', 'b'],
      dimensions: 3,
    })
    expect(JSON.parse(read.raw)).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5, -0.25, 0.010071029] },
        { object: 'embedding', index: 1, embedding: [1, 0, -1] },
      ],
      model: 'ollama:nomic-embed-text',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    })
    expect(read.end?.usage).toEqual(usage(8, 0))
  })

  it("become base64 where OpenAI's client asks for it", async () => {
    const { ask } = await start([fixtureAnswer('ollama/embeddings.json')])
    const read = await ask({}, embeddings({ encoding_format: 'base64' }))
    const bytes = Buffer.from(JSON.parse(read.raw).data[1].embedding, 'base64')
    expect([0, 4, 8].map((at) => bytes.readFloatLE(at))).toEqual([1, 0, -1])
  })

  it.each([[[1, 2, 3]], [[[1], [2]]]])(
    'of tokens (%j) are refused with the path',
    async (input) => {
      const { ask } = await start([fixtureAnswer('ollama/embeddings.json')])
      await expect(ask({}, embeddings({ input }))).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        details: { issues: [{ path: ['input'] }] },
      })
    },
  )

  it('that are missing in the answer are a protocol error', async () => {
    const { ask } = await start([httpAnswer('{"embeddings":[]}')])
    await expect(ask({}, embeddings())).rejects.toMatchObject({ code: 'PROVIDER_PROTOCOL' })
  })
})

describe('the list of models', () => {
  it('has a name each', async () => {
    const { adapter } = await start([fixtureAnswer('ollama/tags.json')])
    expect(await adapter.models(new Cancellation())).toEqual([
      { id: 'llama3:8b' },
      { id: 'nomic-embed-text:latest' },
    ])
    expect(adapter.credential()).toBe('NOT_NEEDED')
  })

  it.each([
    [httpAnswer('nonsense'), 'PROVIDER_PROTOCOL'],
    [httpAnswer('{}', { status: 500 }), 'PROVIDER_UNAVAILABLE'],
  ])('that cannot be read is an error', async (answer, code) => {
    const { adapter } = await start([answer])
    await expect(adapter.models(new Cancellation())).rejects.toMatchObject({ code })
  })
})
