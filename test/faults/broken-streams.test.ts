import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { type ErrorCode, errorRules } from '#domain/errors.ts'
import { createOpenAiCompatibleAdapter } from '#providers/openai-compatible/index.ts'
import { createUpstream } from '#providers/upstream.ts'
import { providerConfig } from '#test/support/fake-gateway.ts'
import { type GraphqlServer, startGraphqlServer } from '#test/support/graphql-server.ts'
import { RawSocket } from '#test/support/graphql-socket.ts'
import {
  chunkedHead,
  END,
  httpChunk,
  type RawServer,
  rawServer,
  RESET,
  type RawStep,
} from '#test/support/raw-server.ts'
import { openDoor } from '#test/support/rest-door.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const delta = (content: string) =>
  httpChunk(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`)
const event = (data: unknown) => httpChunk(`data: ${JSON.stringify(data)}\n\n`)
const end = httpChunk('')

/** What the provider does behind the first words, and what callers are told. */
const faults: readonly {
  name: string
  steps: readonly RawStep[]
  code: ErrorCode
  words: string
}[] = [
  { name: 'a close', steps: [end], code: 'PROVIDER_PROTOCOL', words: 'before it was complete' },
  { name: 'half a chunk', steps: ['ff\r\n', END], code: 'PROVIDER_NETWORK', words: 'closed' },
  { name: 'a reset', steps: [RESET], code: 'PROVIDER_NETWORK', words: 'reset' },
  {
    name: 'an unreadable event',
    steps: [httpChunk('data: {"cho\n\n'), end],
    code: 'PROVIDER_PROTOCOL',
    words: '1 events that are not JSON',
  },
  {
    name: 'a rate limit',
    steps: [event({ error: { message: 'slow down', code: 'rate_limit_exceeded' } })],
    code: 'PROVIDER_RATE_LIMITED',
    words: 'slow down',
  },
  {
    name: 'a quota',
    steps: [event({ error: { message: 'no credit', type: 'insufficient_quota' } })],
    code: 'PROVIDER_QUOTA',
    words: 'no credit',
  },
  {
    name: 'a context that is too long',
    steps: [event({ error: { message: 'too long', code: 'context_length_exceeded' } })],
    code: 'CONTEXT_LENGTH_EXCEEDED',
    words: 'too long',
  },
  {
    name: 'a content filter',
    steps: [event({ error: { message: 'not that', code: 'content_filter' } })],
    code: 'CONTENT_BLOCKED',
    words: 'not that',
  },
  {
    name: 'a server error',
    steps: [httpChunk('event: error\ndata: Internal Server Error\n\n')],
    code: 'PROVIDER_UNAVAILABLE',
    words: 'Internal Server Error',
  },
]

const broken = (steps: readonly RawStep[], { behind = [delta('Hel'), delta('lo')] } = {}) =>
  rawServer([chunkedHead(), ...behind, ...steps])

/** What a caller has read, and is told of the failure. */
interface Told {
  readonly text: string
  readonly code: string
  readonly message: string
  readonly requestId: string
}

async function restBefore(server: RawServer) {
  const door = await openDoor({ providers: [{ name: 'openai', baseUrl: server.origin }] })
  closers.push(
    () => server.stop(),
    () => door.close(),
  )
  const client = new OpenAI({ baseURL: `${door.origin}/v1`, apiKey: 'none', maxRetries: 0 })
  return { door, client }
}

/** Reads a stream to where the client throws. */
async function readByClient(client: OpenAI): Promise<{ text: string; thrown: unknown }> {
  let text = ''
  try {
    const stream = await client.chat.completions.create({
      model: 'openai:m',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    })
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    return { text, thrown: undefined }
  } catch (thrown) {
    return { text, thrown }
  }
}

const stream = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename completionId ... on CompletionTextDelta { text }
  ... on CompletionFailed { partialText error { code message requestId } } } }`
const variables = {
  input: { model: 'openai:m', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] },
}

interface StreamEvent {
  readonly __typename: string
  readonly text?: string
  readonly completionId: string
  readonly partialText?: string
  readonly error?: { readonly code: string; readonly message: string; readonly requestId: string }
}

async function graphqlBefore(steps: readonly RawStep[]): Promise<GraphqlServer> {
  const server = await broken(steps)
  const upstream = createUpstream()
  const config = { ...providerConfig, baseUrl: server.origin }
  const adapter = createOpenAiCompatibleAdapter(config, { upstream, lookup: () => undefined })
  const served = await startGraphqlServer({ adapter })
  closers.push(
    () => server.stop(),
    () => upstream.close(),
    () => served.close(),
  )
  return served
}

/** The failure is the last event, and has all the text that came before it. */
function toldBy(events: readonly StreamEvent[]): Told {
  const last = events.at(-1)
  if (!last?.error) throw new Error('the subscriber saw no error')
  const text = events.map((each) => each.text ?? '').join('')
  expect(last.partialText).toBe(text)
  expect(last.error.requestId).toBe(last.completionId)
  return { text, ...last.error }
}

async function overSocket({ socketUrl }: GraphqlServer): Promise<Told> {
  const socket = new RawSocket(socketUrl)
  await socket.acknowledged()
  socket.subscribe('1', stream, variables)
  await socket.until(({ type }) => type === 'complete')
  return toldBy(socket.results('1') as unknown as StreamEvent[])
}

async function overSse({ url }: GraphqlServer): Promise<Told> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: stream, variables }),
  })
  const body = await answer.text()
  expect(body).toMatch(/event: complete\ndata:\n\n$/)
  const frames = body.matchAll(/^data: (\{.*\})$/gm)
  return toldBy([...frames].map(([, json]) => JSON.parse(json ?? '').data.completionStream))
}

describe.each(faults)('a stream that breaks off with $name', ({ steps, code, words }) => {
  it('is an error of OpenAI’s client, with its code, its words and the request’s id', async () => {
    const { client, door } = await restBefore(await broken(steps))
    const { text, thrown } = await readByClient(client)
    expect(text).toBe('Hello')
    expect(thrown).toBeInstanceOf(OpenAI.APIError)
    const [record] = door.records.ended
    expect(record).toMatchObject({ status: 'FAILED', errorCode: code })
    expect(thrown).toMatchObject({
      code: code.toLowerCase(),
      message: expect.stringContaining(words),
      requestID: record?.id,
      error: { request_id: record?.id },
    })
  })

  it('has a status of its own where nothing came before', async () => {
    const { client, door } = await restBefore(await broken(steps, { behind: [] }))
    const { thrown } = await readByClient(client)
    expect(thrown).toMatchObject({ status: errorRules[code].status, code: code.toLowerCase() })
    expect(door.records.ended[0]).toMatchObject({ status: 'FAILED', errorCode: code })
  })

  it('is the same failure over WebSocket and over server-sent events', async () => {
    const served = await graphqlBefore(steps)
    const [socket, sse] = [await overSocket(served), await overSse(served)]
    expect(socket).toMatchObject({ text: 'Hello', code, message: expect.stringContaining(words) })
    expect({ ...sse, requestId: '' }).toEqual({ ...socket, requestId: '' })
  })
})
