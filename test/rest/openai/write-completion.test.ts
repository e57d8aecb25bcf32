import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Chunk } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import {
  answerOf,
  endChunk,
  MemoryRecords,
  scriptedAdapter,
  textChunk,
} from '#test/support/fake-gateway.ts'
import { type DoorOptions, openDoor, type RestDoor } from '#test/support/rest-door.ts'

const doors: RestDoor[] = []
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close()
})

async function doorBefore(
  chunks: () => AsyncIterable<Chunk>,
  options: DoorOptions = {},
): Promise<RestDoor> {
  const adapter = scriptedAdapter(async (call) => {
    call.onSent()
    return answerOf(chunks())
  })
  const door = await openDoor({ adapters: [adapter], ...options })
  doors.push(door)
  return door
}

const ask = (door: RestDoor, over: object = {}) =>
  fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'openai:m', messages: [], stream: true, ...over }),
  })

const frames = (text: string) =>
  text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => (frame === 'data: [DONE]' ? frame : JSON.parse(frame.replace(/^data: /, ''))))

const raw = (text: string, over: Partial<Chunk> = {}): Chunk => ({
  events: [],
  producedBytes: text.length,
  raw: Buffer.from(text),
  ...over,
})

describe('an answer that comes as events', () => {
  const events: () => AsyncIterable<Chunk> = async function* () {
    yield { events: [{ type: 'reasoning', text: 'hm' }], producedBytes: 2 }
    yield {
      events: [
        { type: 'text', text: 'Hel' },
        { type: 'text', text: 'lo' },
      ],
      producedBytes: 5,
    }
    yield {
      events: [{ type: 'tool-call', index: 0, id: 'c1', name: 'f', argumentsDelta: '{"a"' }],
      producedBytes: 4,
    }
    yield { events: [{ type: 'tool-call', index: 0, argumentsDelta: ':1}' }], producedBytes: 3 }
    yield { events: [{ type: 'citation', url: 'https://a.example', title: 'A' }], producedBytes: 0 }
    yield endChunk({ finishReason: 'TOOL_CALLS' })
  }

  it('streams as chunks of one id, the role first and [DONE] last', async () => {
    const door = await doorBefore(events)
    const all = frames(await (await ask(door)).text())
    expect(all.at(-1)).toBe('data: [DONE]')
    const chunks = all.slice(0, -1)
    expect(new Set(chunks.map(({ id, model, object }) => `${id} ${model} ${object}`)).size).toBe(1)
    expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', model: 'openai:m' })
    expect(chunks.map(({ choices }) => choices[0].delta)).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'hm' },
      { content: 'Hello' },
      {
        tool_calls: [
          { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a"' } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      {
        annotations: [
          { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } },
        ],
      },
      {},
    ])
    expect(chunks.map(({ choices }) => choices[0].finish_reason)).toEqual([
      null,
      null,
      null,
      null,
      null,
      'tool_calls',
    ])
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
  })

  it('tells usage in a chunk of its own to whoever asks', async () => {
    const door = await doorBefore(events)
    const all = frames(await (await ask(door, { stream_options: { include_usage: true } })).text())
    expect(all.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    })
    expect(all.slice(0, -2).every(({ usage }) => usage === null)).toBe(true)
  })

  it('is gathered into one document for whoever does not stream', async () => {
    const door = await doorBefore(events)
    expect(await (await ask(door, { stream: false })).json()).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'openai:m',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Hello',
            reasoning_content: 'hm',
            tool_calls: [
              { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            ],
            annotations: [
              { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } },
            ],
          },
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 10, completion_tokens: 5 }),
      citations: ['https://a.example'],
    })
  })
})

describe('an answer that breaks off', () => {
  const broken = new GatewayError('PROVIDER_NETWORK', 'openai (m) was cut; try again.')

  it('before its first byte has a real status', async () => {
    const none: AsyncIterable<Chunk> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(broken) }),
    }
    const door = await doorBefore(() => none)
    const answer = await ask(door)
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({
      detail: broken.message,
      error: { code: 'provider_network', type: 'server_error' },
    })
  })

  it.each<[string, () => AsyncIterable<Chunk>]>([
    [
      'in events',
      async function* () {
        yield textChunk('a')
        throw broken
      },
    ],
    [
      'in bytes',
      async function* () {
        yield raw('data: {"a":1}\n\n')
        throw broken
      },
    ],
    [
      'in the middle of a frame',
      async function* () {
        yield raw('data: {"a":1}\n\ndata: {"b":')
        throw broken
      },
    ],
    [
      'in the middle of a CRLF frame',
      async function* () {
        yield raw('data: {"a":1}\r\n\r\ndata: {"b":')
        throw broken
      },
    ],
  ])('%s ends with an error frame and without [DONE]', async (_where, chunks) => {
    const door = await doorBefore(chunks)
    const answer = await ask(door)
    expect(answer.status).toBe(200)
    const all = frames((await answer.text()).replaceAll('\r', ''))
    expect(all).toHaveLength(2)
    expect(all.at(-1)).toEqual({
      error: {
        message: broken.message,
        type: 'server_error',
        param: null,
        code: 'provider_network',
        request_id: answer.headers.get('x-request-id'),
      },
    })
    expect(door.records.ended[0]).toMatchObject({ status: 'FAILED', errorCode: 'PROVIDER_NETWORK' })
  })

  it('for a reason that nobody expected says nothing of it, and tells the log', async () => {
    const door = await doorBefore(async function* () {
      yield textChunk('a')
      throw new TypeError('secret inside')
    })
    const text = await (await ask(door)).text()
    expect(text).toContain('"code":"internal"')
    expect(text).not.toContain('secret inside')
    expect(door.crashes).toEqual([expect.objectContaining({ message: 'secret inside' })])
  })
})

describe('bytes of a provider', () => {
  it('go out unchanged, however they were sliced', async () => {
    const text = ': hi\r\n\r\ndata: {"a":"ä"}\n\ndata: {"b":1}\r\rdata: {"c":1}\n\ndata: [DONE]\n\n'
    const bytes = Buffer.from(text)
    for (let size = 1; size < 24; size++) {
      const door = await doorBefore(async function* () {
        const cut = bytes.length - 14
        for (let at = 0; at < cut; at += size)
          yield raw('', { raw: bytes.subarray(at, Math.min(cut, at + size)) })
        yield raw('', { raw: bytes.subarray(cut), end: { finishReason: 'STOP' } })
      })
      expect(await (await ask(door)).text()).toBe(text)
    }
  })

  it('go out frame by frame, before the answer is complete', async () => {
    let goOn = () => {}
    const door = await doorBefore(async function* () {
      yield raw('data: {"a":1}\n\n')
      await new Promise<void>((resolve) => (goOn = resolve))
      yield { ...endChunk(), raw: Buffer.from('data: [DONE]\n\n') }
    })
    const reader = (await ask(door)).body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: {"a":1}\n\n')
    goOn()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: [DONE]\n\n')
  })
})

it('hands out the last byte only when the call is durably written', async () => {
  let written = () => {}
  let ending = () => {}
  const asked = new Promise<void>((resolve) => (ending = resolve))
  const records = new (class extends MemoryRecords {
    override async end(record: RequestRecord): Promise<void> {
      ending()
      await new Promise<void>((resolve) => (written = resolve))
      await super.end(record)
    }
  })()
  const door = await doorBefore(
    async function* () {
      yield textChunk('a')
      yield endChunk()
    },
    { records },
  )
  const reader = (await ask(door)).body?.getReader()
  await reader?.read()
  await asked
  let done = false
  const rest = reader?.read().then(({ value }) => {
    done = true
    return Buffer.from(value ?? []).toString()
  })
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(done).toBe(false)
  written()
  expect(await rest).toContain('[DONE]')
})

it('reads no further from the provider than the caller reads', async () => {
  let produced = 0
  const piece = `data: {"x":"${'y'.repeat(65_000)}"}\n\n`
  const door = await doorBefore(async function* () {
    for (let index = 0; index < 2000; index++) {
      produced++
      yield raw(piece)
    }
    yield { ...endChunk(), raw: Buffer.from('data: [DONE]\n\n') }
  })
  const body = JSON.stringify({ model: 'openai:m', messages: [], stream: true })
  const socket = connect(door.port, '127.0.0.1')
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  socket.pause()
  let last = -1
  while (produced !== last || produced === 0) {
    last = produced
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(produced).toBeLessThan(500)
  const ended = door.nextEnded()
  socket.destroy()
  expect(await ended).toMatchObject({ status: 'CANCELLED' })
})

it('cancels a call whose caller hangs up before there is an answer', async () => {
  let cancelled = () => {}
  const gone = new Promise<void>((resolve) => (cancelled = resolve))
  const adapter = scriptedAdapter(
    (call) =>
      new Promise((_resolve, reject) => {
        call.onSent()
        call.cancellation.onCancel((reason) => {
          cancelled()
          reject(reason)
        })
        hangUp.abort()
      }),
  )
  const door = await openDoor({ adapters: [adapter] })
  doors.push(door)
  const hangUp = new AbortController()
  const ended = door.nextEnded()
  const asked = fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'openai:m', messages: [] }),
    signal: hangUp.signal,
  })
  await expect(asked).rejects.toThrow('abort')
  await gone
  expect(await ended).toMatchObject({ status: 'CANCELLED', errorCode: 'CANCELLED' })
})
