import { describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import type { JsonObject } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import type { ProviderRequest } from '#providers/adapter.ts'
import { createSimulatorAdapter, type SimulatorTools } from '#providers/simulator/index.ts'
import { FakeClock, providerConfig } from '#test/support/fake-gateway.ts'
import { fixture, readAnswer, textOfEvents } from '#test/support/vendor.ts'

/** A clock on which time passes as soon as somebody waits for it. */
function hurriedClock() {
  const waits: number[] = []
  return {
    waits,
    epochMs: () => 1_795_000_000_000,
    every(ms: number, tick: () => void) {
      let stopped = false
      waits.push(ms)
      queueMicrotask(() => {
        if (!stopped) tick()
      })
      return () => {
        stopped = true
      }
    },
  }
}

const config = {
  ...providerConfig,
  name: 'simulator',
  kind: 'SIMULATOR' as const,
  priceList: 'simulator',
}

const callOf = (
  model: string,
  body: JsonObject = {},
  over: Partial<ProviderRequest> = {},
): ProviderRequest => {
  const isEmbedding = body['input'] !== undefined
  const whole: JsonObject = {
    model: `simulator:${model}`,
    ...(!isEmbedding && { messages: [{ role: 'user', content: 'Tell me about budgets' }] }),
    ...body,
  }
  return {
    id: '019a0000-0000-7000-8000-000000000001',
    model,
    cancellation: new Cancellation(),
    onSent: () => {},
    request: {
      operation: isEmbedding ? 'embeddings' : 'chat',
      model: `simulator:${model}`,
      stream: body['stream'] === true,
      text: JSON.stringify(whole),
      body: whole,
    },
    ...over,
  }
}

const simulator = ({ clock = hurriedClock(), random = () => 0.5 }: Partial<SimulatorTools> = {}) =>
  createSimulatorAdapter(config, { clock, random })

const ask = async (
  model: string,
  body: JsonObject = {},
  { random }: { random?: () => number } = {},
) => readAnswer(await simulator({ random: random ?? (() => 0.5) }).stream(callOf(model, body)))

const functions = [
  {
    type: 'function',
    function: {
      name: 'search',
      parameters: {
        type: 'object',
        properties: { query: { type: 'string' }, limit: { type: 'integer' } },
      },
    },
  },
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { unit: { enum: ['C', 'F'] } } },
    },
  },
]

describe('a streamed answer', () => {
  it('comes word by word, with latency, and ends with its usage', async () => {
    const clock = hurriedClock()
    const read = await readAnswer(
      await simulator({ clock }).stream(callOf('fast', { stream: true })),
    )
    const words = textOfEvents(read.events).split(' ')
    expect(words.length).toBeGreaterThan(15)
    expect(read.chunks).toHaveLength(words.length + 1)
    expect(clock.waits).toHaveLength(words.length)
    expect(read.end).toMatchObject({
      finishReason: 'STOP',
      servedModel: 'fast',
      usage: { outputTokens: words.length, source: 'PROVIDER_REPORTED' },
    })
    expect(read.producedBytes).toBe(Buffer.byteLength(textOfEvents(read.events)))
  })

  it('reads like an answer to what was asked', async () => {
    const { events } = await ask('fast', { stream: true })
    expect(textOfEvents(events)).toMatch(/^[A-Z].*budgets.*[.]$/s)
  })

  it('of the model that reasons begins with its thoughts, which are part of the output', async () => {
    const { events, end } = await ask('smart', { stream: true })
    const thoughts = textOfEvents(events, 'reasoning').split(' ').length
    expect(events[0]?.type).toBe('reasoning')
    expect(end?.usage?.reasoningOutputTokens).toBe(thoughts)
    expect(end?.usage?.outputTokens).toBe(thoughts + textOfEvents(events).split(' ').length)
  })
})

describe('a whole answer', () => {
  it('is one chunk, after the same time', async () => {
    const clock = hurriedClock()
    const read = await readAnswer(await simulator({ clock }).stream(callOf('fast')))
    expect(read.chunks).toHaveLength(1)
    expect(clock.waits).toHaveLength(2)
    expect(clock.waits[1]).toBe(((read.end?.usage?.outputTokens ?? 0) - 1) * 14)
  })

  it('repeats what was said', async () => {
    expect(textOfEvents((await ask('echo')).events)).toBe('Tell me about budgets')
  })

  it('is JSON where JSON is asked for', async () => {
    const { events } = await ask('fast', { response_format: { type: 'json_object' } })
    expect(JSON.parse(textOfEvents(events))).toEqual({ answer: expect.any(String) })
  })
})

describe('limits', () => {
  it.each(['max_tokens', 'max_completion_tokens'])('of %s are kept, and told', async (name) => {
    const { events, end } = await ask('fast', { [name]: 5, stream: true })
    expect(textOfEvents(events).split(' ')).toHaveLength(5)
    expect(end).toMatchObject({ finishReason: 'LENGTH', usage: { outputTokens: 5 } })
  })

  it('bound the thoughts as well', async () => {
    const { events, end } = await ask('smart', { max_tokens: 3 })
    expect(textOfEvents(events)).toBe('')
    expect(end).toMatchObject({
      finishReason: 'LENGTH',
      usage: { outputTokens: 3, reasoningOutputTokens: 3 },
    })
  })
})

describe('chance', () => {
  const text = async (body: JsonObject, random: () => number) =>
    textOfEvents((await ask('fast', body, { random })).events)

  it.each([{ temperature: 0 }, { seed: 7 }])('is fixed by %j', async (body) => {
    expect(await text(body, () => 0.1)).toBe(
      await text({ ...body, stream: true, user: 'ann' }, () => 0.9),
    )
  })

  it('is free otherwise', async () => {
    expect(await text({}, () => 0.1)).not.toBe(await text({}, () => 0.9))
  })

  it('gives another question another answer', async () => {
    const other = { temperature: 0, messages: [{ role: 'user', content: 'Tell me about latency' }] }
    expect(await text({ temperature: 0 }, Math.random)).not.toBe(await text(other, Math.random))
  })

  it('has not changed since it was recorded', async () => {
    const { messages, answer } = JSON.parse(fixture('simulator/temperature-zero.json').toString())
    expect(await text({ messages, temperature: 0 }, Math.random)).toBe(answer)
  })
})

describe('functions', () => {
  it.each<[string, string, JsonObject, string, unknown]>([
    ['the first one', 'tools', { tools: functions }, 'search', { query: 'query', limit: 1 }],
    [
      'the one that is named',
      'tools',
      { tools: functions, tool_choice: { type: 'function', function: { name: 'weather' } } },
      'weather',
      { unit: 'C' },
    ],
    [
      'one that is required, by any model',
      'fast',
      { tools: functions, tool_choice: 'required' },
      'search',
      { query: 'query', limit: 1 },
    ],
  ])('are called: %s', async (_, model, body, name, args) => {
    const { events, end } = await ask(model, { ...body, stream: true })
    const calls = events.filter((event) => event.type === 'tool-call')
    expect(calls).toHaveLength(events.length)
    expect(calls[0]).toMatchObject({ name, id: expect.stringMatching(/^call_/) })
    expect(JSON.parse(calls.map(({ argumentsDelta }) => argumentsDelta).join(''))).toEqual(args)
    expect(end?.finishReason).toBe('TOOL_CALLS')
  })

  it.each<[string, string, JsonObject]>([
    ['there are none', 'tools', {}],
    ['none may be', 'tools', { tools: functions, tool_choice: 'none' }],
    ['the model does not, unless told', 'fast', { tools: functions }],
    [
      'their result is there',
      'tools',
      {
        tools: functions,
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'tool', content: '21' },
        ],
      },
    ],
  ])('are not called where %s', async (_, model, body) => {
    const { events, end } = await ask(model, body)
    expect(events.every(({ type }) => type === 'text')).toBe(true)
    expect(end?.finishReason).toBe('STOP')
  })
})

describe('failures', () => {
  it.each([
    [400, 'PROVIDER_REJECTED'],
    [401, 'PROVIDER_AUTH'],
    [402, 'PROVIDER_QUOTA'],
    [404, 'PROVIDER_REJECTED'],
    [429, 'PROVIDER_RATE_LIMITED'],
    [500, 'PROVIDER_UNAVAILABLE'],
    [503, 'PROVIDER_UNAVAILABLE'],
  ])('with status %i are %s', async (status, code) => {
    await expect(ask(`error-${status}`)).rejects.toMatchObject({ code, status })
  })

  it('with 429 say when to come back', async () => {
    await expect(ask('error-429')).rejects.toMatchObject({ details: { retryAfterMs: 1000 } })
  })

  it.each([true, false])('cut an answer off (streamed: %s)', async (stream) => {
    const read = await ask('cut', { stream })
    expect(read.error).toMatchObject({ code: 'PROVIDER_NETWORK' })
    expect(read.end).toBeUndefined()
    expect(read.events.length > 0).toBe(stream)
  })

  it('come now and then from the flaky model, and never from the others', async () => {
    let seed = 0
    const random = () => (seed++ % 100) / 100
    const outcomes = { flaky: 0, fast: 0 }
    for (const model of ['flaky', 'fast'] as const) {
      for (let index = 0; index < 100; index++) {
        const failed = await ask(model, { max_tokens: 1 }, { random }).then(
          ({ error }) => error !== undefined,
          () => true,
        )
        if (failed) outcomes[model]++
      }
    }
    expect(outcomes.flaky).toBeGreaterThan(10)
    expect(outcomes.flaky).toBeLessThan(40)
    expect(outcomes.fast).toBe(0)
  })

  it('name the models that there are', async () => {
    await expect(ask('gpt-4')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('fast, smart'),
    })
  })
})

describe('a cancellation', () => {
  const gone = new GatewayError('CANCELLED', 'gone')

  it.each(['timeout', 'fast', 'smart'])(
    'ends waiting for %s, and leaves no timer',
    async (model) => {
      const clock = new FakeClock()
      const call = callOf(model, { stream: true })
      const answer = simulator({ clock }).stream(call)
      call.cancellation.cancel(gone)
      await expect(answer).rejects.toBe(gone)
      expect(clock.timers).toBe(0)
    },
  )

  it('ends a stalled answer after its first words', async () => {
    const call = callOf('stall', { stream: true })
    const { chunks } = await simulator().stream(call)
    const heard: string[] = []
    const reading = (async () => {
      for await (const { events } of chunks) {
        heard.push(textOfEvents(events))
        setImmediate(() => call.cancellation.cancel(gone))
      }
    })()
    await expect(reading).rejects.toBe(gone)
    expect(heard.length).toBeGreaterThan(5)
  })
})

describe('embeddings', () => {
  it('follow from the input alone, and have length 1', async () => {
    const read = await ask('embedding', { input: ['a', 'b', 'a'], dimensions: 8 })
    const { data, usage } = JSON.parse(read.raw)
    expect(data[0].embedding).toEqual(data[2].embedding)
    expect(data[0].embedding).not.toEqual(data[1].embedding)
    expect(Math.hypot(...data[0].embedding)).toBeCloseTo(1, 5)
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 })
    expect(read.end?.usage).toMatchObject({ inputTokens: 3, outputTokens: 0 })
  })

  it.each<[JsonObject, number, number]>([
    [{ input: 'one text' }, 1, 2],
    [{ input: [1, 2, 3] }, 1, 3],
    [{ input: [[1, 2], [3]] }, 2, 3],
  ])('are made of %j', async (body, count, tokens) => {
    const { data, usage } = JSON.parse((await ask('embedding', body)).raw)
    expect(data).toHaveLength(count)
    expect(data[0].embedding).toHaveLength(256)
    expect(usage.prompt_tokens).toBe(tokens)
  })

  it('come as base64 where asked for', async () => {
    const { data } = JSON.parse(
      (await ask('embedding', { input: 'a', encoding_format: 'base64', dimensions: 4 })).raw,
    )
    expect(Buffer.from(data[0].embedding, 'base64')).toHaveLength(16)
  })

  it.each([
    ['embedding', {}],
    ['fast', { input: 'a' }],
  ])('and chat are not mixed up (%s)', async (model, body) => {
    await expect(ask(model, body)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
  })
})

it('lists its models', async () => {
  const listed = await simulator().models(new Cancellation())
  expect(listed.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['fast', 'smart', 'tools', 'flaky', 'embedding', 'error-429']),
  )
})
