import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import type { MalformedListener } from '#providers/malformed-events.ts'
import { EventStream } from '#providers/openai-wire/stream.ts'
import { openAiUsage } from '#providers/openai-wire/usage.ts'
import type { OpenAnswer } from '#providers/upstream.ts'
import { callRequest, providerConfig } from '#test/support/fake-gateway.ts'
import { fixture, readAnswer } from '#test/support/vendor.ts'

const folder = new URL('../../fixtures/providers/', import.meta.url)
const recorded = ['openai', 'xai', 'openrouter', 'openai-compatible'].flatMap((vendor) =>
  readdirSync(new URL(vendor, folder))
    .filter((name) => name.endsWith('.sse'))
    .map((name) => `${vendor}/${name}`),
)

/** An answer of these reads, and then its end or an error. */
class FakeAnswer implements OpenAnswer {
  readonly status = 200
  readonly headers = {}
  readonly calls: string[] = []
  readonly #reads: (Buffer | GatewayError)[]
  constructor(reads: readonly (Buffer | GatewayError)[]) {
    this.#reads = [...reads]
  }
  async read() {
    const next = this.#reads.shift()
    if (next instanceof GatewayError) throw next
    return next
  }
  whole(): Promise<Buffer> {
    throw new Error('not of this test')
  }
  discard() {
    this.calls.push('discard')
  }
  abort() {
    this.calls.push('abort')
  }
}

function open(
  reads: readonly (Buffer | GatewayError)[],
  {
    legacy = false,
    withholdsUsage = true,
    malformed,
  }: { legacy?: boolean; withholdsUsage?: boolean; malformed?: MalformedListener } = {},
) {
  const answer = new FakeAnswer(reads)
  const cancellation = new Cancellation()
  const { id, request } = callRequest()
  const stream = new EventStream(answer, {
    call: { id, request, cancellation },
    withholdsUsage,
    malformed,
    reading: {
      config: { ...providerConfig, legacy },
      operation: 'chat',
      about: { provider: 'openai', model: 'm' },
      dialect: { usage: openAiUsage, sendsUsageUnasked: false },
    },
  })
  return {
    answer,
    cancellation,
    stream,
    read: () => readAnswer({ status: 200, upstreamRequestId: null, headers: {}, chunks: stream }),
  }
}

const frame = (text: string, finish: string | null = null) =>
  Buffer.from(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: finish }] })}\n\n`,
  )
const done = Buffer.from('data: [DONE]\n\n')
const reset = new GatewayError('PROVIDER_NETWORK', 'reset')

describe('EventStream', () => {
  it.each(recorded)('reads %s the same however it is sliced', async (path) => {
    const bytes = fixture(path)
    const whole = await open([bytes]).read()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(bytes.length), { maxLength: 12 }),
        fc.boolean(),
        async (cuts, legacy) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
          const slices = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
          const sliced = await open(slices, { legacy }).read()
          const plain = legacy ? await open([bytes], { legacy }).read() : whole
          expect(sliced.end).toEqual(plain.end)
          expect(sliced.error?.message).toEqual(plain.error?.message)
          expect(sliced.producedBytes).toBe(plain.producedBytes)
          expect(sliced.raw).toBe(plain.raw)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('completes a [DONE] whose last line end was cut in two', async () => {
    const crlf = Buffer.from('data: [DONE]\r\n\r\n')
    for (const legacy of [false, true]) {
      const { raw } = await open([frame('a', 'stop'), crlf.subarray(0, -1), crlf.subarray(-1)], {
        legacy,
      }).read()
      expect(raw.endsWith('data: [DONE]\r\n\r\n')).toBe(true)
    }
  })

  it('gives one chunk for each read, and the end alone', async () => {
    const { chunks } = await open([
      Buffer.concat([frame('a'), frame('b')]),
      Buffer.concat([frame('c', 'stop'), done]),
    ]).read()
    expect(chunks.map(({ events, end }) => [events, end !== undefined])).toEqual([
      [[{ type: 'text', text: 'ab' }], false],
      [[{ type: 'text', text: 'c' }], false],
      [[], true],
    ])
  })

  it('hands the bytes of a read on without a copy', async () => {
    const bytes = frame('a')
    const { chunks } = await open([bytes, frame('', 'stop'), done]).read()
    expect(chunks[0]?.raw?.buffer).toBe(bytes.buffer)
  })

  it('lets the connection live behind [DONE], and reads no further', async () => {
    const { answer, read } = open([frame('a', 'stop'), done, frame('b')])
    const { events } = await read()
    expect(answer.calls).toEqual(['discard'])
    expect(events).toHaveLength(1)
  })

  it('believes [DONE] where no finish reason came', async () => {
    expect((await open([frame('a'), done]).read()).end).toMatchObject({ finishReason: 'STOP' })
  })

  it('is no answer when [DONE] is all that came, except under a v0.7.2 configuration', async () => {
    const { error, raw } = await open([Buffer.from(': hi\n\n'), done]).read()
    expect(error).toMatchObject({ code: 'PROVIDER_PROTOCOL' })
    expect(raw).not.toContain('[DONE]')
    expect((await open([done], { legacy: true }).read()).end).toBeDefined()
  })

  it('has failed where its finish reason says so', async () => {
    const { end, error } = await open([frame('a', 'error'), done]).read()
    expect(end).toBeUndefined()
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  })

  it.each([
    ['a text', 'event: error\ndata: Rate limit reached\n\n', 'PROVIDER_RATE_LIMITED'],
    [
      'an object of its own',
      'data: {"object":"error","message":"This model\'s maximum context length is 8192 tokens.","code":40303}\n\n',
      'CONTEXT_LENGTH_EXCEEDED',
    ],
    ['a text beside others', 'data: {"error":"overloaded"}\n\n', 'PROVIDER_UNAVAILABLE'],
  ])('has failed where an event is an error: %s', async (_, event, code) => {
    const { end, error, raw } = await open([frame('a'), Buffer.from(event), done]).read()
    expect(end).toBeUndefined()
    expect(error?.code).toBe(code)
    expect(raw).toBe(String(frame('a')))
  })

  it('that waits says so, and so does one of which nothing can be read', async () => {
    const { chunks, raw } = await open([
      frame('a'),
      Buffer.from(': ping\n\n'),
      Buffer.from(': x\n\ndata: {\n\n'),
      frame('b', 'stop'),
      done,
    ]).read()
    expect(chunks.map(({ isComment }) => isComment)).toEqual([false, true, true, false, undefined])
    expect(raw).toContain(': ping')
  })

  it('says nothing before its first event, except under a v0.7.2 configuration', async () => {
    const flood = Buffer.from(': ping\n\n'.repeat(10_000))
    const reads = [flood, flood, Buffer.concat([flood, frame('a')]), flood, frame('', 'stop'), done]
    const { chunks } = await open(reads).read()
    expect(String(chunks[0]?.raw)).toBe(String(frame('a')))
    expect((await open(reads, { legacy: true }).read()).chunks[0]?.raw).toHaveLength(flood.length)
  })

  it('tells once how many events could not be read, however it ends', async () => {
    const odd = Buffer.from('data: {\n\ndata: \n\ndata: [1]\n\n')
    for (const end of [done, reset]) {
      const malformed = vi.fn()
      await open([frame('a'), odd, odd, end], { malformed }).read()
      expect(malformed.mock.calls).toEqual([
        [{ provider: 'openai', model: 'm', requestId: callRequest().id, count: 4 }],
      ])
    }
    const malformed = vi.fn()
    await open([frame('a', 'stop'), done], { malformed }).read()
    expect(malformed).not.toHaveBeenCalled()
  })

  it('is whole when the provider has said all and then hangs', async () => {
    const opened = open([frame('a', 'stop'), new GatewayError('PROVIDER_NETWORK', 'aborted')])
    expect((await opened.stream.next()).done).toBe(false)
    opened.cancellation.cancel(new GatewayError('PROVIDER_TIMEOUT', 'stalled'))
    const { end, error } = await opened.read()
    expect(error).toBeUndefined()
    expect(end).toMatchObject({ finishReason: 'STOP' })
  })

  it('is whole when the connection breaks behind the finish reason', async () => {
    const { end, error, raw } = await open([frame('a', 'stop'), reset]).read()
    expect(error).toBeUndefined()
    expect(end).toEqual({ finishReason: 'STOP' })
    expect(raw).toMatch(/data: \[DONE\]\n\n$/)
  })

  it('is cut when the connection breaks before', async () => {
    const { end, error } = await open([frame('a'), reset]).read()
    expect(end).toBeUndefined()
    expect(error).toBe(reset)
  })

  it('is cut when it ends in the middle of an event, and says what was unreadable', async () => {
    const { error } = await open([frame('a'), Buffer.from('data: {"choi')]).read()
    expect(error).toMatchObject({
      code: 'PROVIDER_PROTOCOL',
      message: expect.stringContaining('1 events that are not JSON'),
    })
  })

  it('is nonsense when an event does not end', async () => {
    const { error, end } = await open([
      Buffer.concat([Buffer.from('data: '), Buffer.alloc(11 * 1024 * 1024, 'x')]),
    ]).read()
    expect(error?.code).toBe('PROVIDER_PROTOCOL')
    expect(end).toBeUndefined()
  })

  it('gives what came before an error in the same read', async () => {
    const { error, events, answer } = await (async () => {
      const opened = open([
        Buffer.concat([frame('a'), Buffer.from('data: {"error":{"code":500,"message":"x"}}\n\n')]),
      ])
      return { ...(await opened.read()), answer: opened.answer }
    })()
    expect(events).toEqual([{ type: 'text', text: 'a' }])
    expect(error?.code).toBe('PROVIDER_UNAVAILABLE')
    expect(answer.calls).toEqual(['abort'])
  })

  it('closes the connection when nobody reads on', async () => {
    const { stream, answer } = open([frame('a'), frame('b'), done])
    for await (const _ of stream) break
    expect(answer.calls).toEqual(['abort'])
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('ends with the reason of a cancellation, and gives nothing that waited', async () => {
    const { stream, cancellation } = open([frame('a'), frame('b'), done])
    await stream.next()
    const gone = new GatewayError('CANCELLED', 'gone')
    cancellation.cancel(gone)
    await expect(stream.next()).rejects.toBe(gone)
  })

  it('takes the last usage, never the sum', async () => {
    const usage = (tokens: number | string) =>
      Buffer.from(
        `data: {"choices":[],"usage":{"prompt_tokens":${tokens},"completion_tokens":1,"total_tokens":9}}\n\n`,
      )
    const { end } = await open([usage(3), frame('a', 'stop'), usage(5), usage('"x"'), done]).read()
    expect(end?.usage).toMatchObject({ inputTokens: 5, outputTokens: 1 })
  })
})
