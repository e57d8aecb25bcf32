import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createOpenAiCompatibleAdapter } from '#providers/openai-compatible/index.ts'
import { createUpstream } from '#providers/upstream.ts'
import { endlessProvider, pieceOf, turns } from '#test/support/endless-provider.ts'
import { providerConfig } from '#test/support/fake-gateway.ts'
import { startGraphqlServer } from '#test/support/graphql-server.ts'
import { openDoor } from '#test/support/rest-door.ts'

/** The most that one answer may take while its caller does not read. */
const mostBytes = 256_000

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** A caller who begins to read, stops, and may read on. */
interface Caller {
  readOn(): Promise<string>
  leave(): void
}

const body = { model: 'openai:m', messages: [{ role: 'user', content: 'hi' }], stream: true }
const variables = {
  input: { model: 'openai:m', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] },
}
const query = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename seq ... on CompletionTextDelta { text } } }`

/** Sends a request on a bare socket and reads a few bytes, one at a time. */
async function overHttp(
  port: number,
  {
    path,
    accept,
    sent,
    textOf,
  }: { path: string; accept: string; sent: object; textOf: (frame: string) => string },
): Promise<Caller> {
  const text = JSON.stringify(sent)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: ${accept}\r\n` +
      `Content-Length: ${text.length}\r\n\r\n${text}`,
  )
  const parts: Buffer[] = []
  await once(socket, 'readable')
  for (let count = 0; count < 3; count++) parts.push(socket.read(1) as Buffer)
  return {
    async readOn() {
      await new Promise<void>((resolve) => {
        socket.on('data', (part: Buffer) => {
          parts.push(part)
          if (part.subarray(-5).toString() === '0\r\n\r\n') resolve()
        })
      })
      socket.destroy()
      const answer = Buffer.concat(parts).toString()
      const frames = unchunked(answer.slice(answer.indexOf('\r\n\r\n') + 4)).split('\n\n')
      return frames.map(textOf).join('')
    },
    leave: () => socket.destroy(),
  }
}

function unchunked(text: string): string {
  let all = ''
  for (let at = 0; at < text.length;) {
    const line = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, line), 16)
    all += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
  return all
}

const dataOf = (frame: string) => /^data: ?(\{.*\})$/m.exec(frame)?.[1]
const textOfChunk = (frame: string) =>
  JSON.parse(dataOf(frame) ?? '{}').choices?.[0]?.delta.content ?? ''
const textOfNext = (frame: string) =>
  JSON.parse(dataOf(frame) ?? '{}').data?.completionStream.text ?? ''

async function overWebSocket(port: number): Promise<Caller> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, ['graphql-transport-ws'])
  const parts: string[] = []
  const complete = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString())
      if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }))
      if (message.type === 'next') {
        parts.push(message.payload.data.completionStream.text ?? '')
        if (parts.length === 2) socket.pause()
      }
      if (message.type === 'complete') resolve()
    })
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  return {
    async readOn() {
      socket.resume()
      await complete
      socket.terminate()
      return parts.join('')
    },
    leave: () => socket.send(JSON.stringify({ id: '1', type: 'complete' })),
  }
}

interface Door {
  readonly server: Server
  readonly call: (port: number) => Promise<Caller>
}

async function restDoor(baseUrl: string): Promise<Door> {
  const door = await openDoor({ providers: [{ name: 'openai', baseUrl }] })
  closers.push(() => door.close())
  const request = { path: '/v1/chat/completions', accept: '*/*', sent: body, textOf: textOfChunk }
  return { server: door.http.server, call: (port) => overHttp(port, request) }
}

const graphqlDoor =
  (call: Door['call']) =>
  async (baseUrl: string): Promise<Door> => {
    const upstream = createUpstream()
    const adapter = createOpenAiCompatibleAdapter(
      { ...providerConfig, baseUrl },
      { upstream, lookup: () => undefined },
    )
    const { server, close } = await startGraphqlServer({ adapter })
    closers.push(() => upstream.close(), close)
    return { server, call }
  }

const overSse: Door['call'] = (port) => {
  const sent = { query, variables }
  return overHttp(port, { path: '/graphql', accept: 'text/event-stream', sent, textOf: textOfNext })
}

const doors: readonly [string, (baseUrl: string) => Promise<Door>][] = [
  ['REST', restDoor],
  ['GraphQL over WebSocket', graphqlDoor(overWebSocket)],
  ['GraphQL over server-sent events', graphqlDoor(overSse)],
]

async function begin(open: (baseUrl: string) => Promise<Door>) {
  const { baseUrl, close, state } = await endlessProvider()
  closers.push(close)
  const { server, call } = await open(baseUrl)
  let own: Socket | undefined
  server.on('connection', (socket) => (own = socket))
  const caller = await call((server.address() as AddressInfo).port)
  const passed = () => {
    if (!own || !state.socket) throw new Error('there is no connection')
    return { read: state.socket.bytesRead, flushed: own.bytesWritten - own.writableLength }
  }
  const standstill = async () => {
    while (state.pieces === 0) await turns(1)
    for (let last = -1; last !== passed().read;) {
      last = passed().read
      await turns(500)
    }
    return passed()
  }
  return { caller, state, passed, standstill }
}

it.each(doors)(
  'over %s, who does not read makes the provider wait, and misses nothing',
  async (_, open) => {
    const { caller, state, passed, standstill } = await begin(open)
    const middle = await standstill()
    state.ended = true
    const text = await caller.readOn()
    expect(
      text === Array.from({ length: state.pieces }, (__, index) => pieceOf(index)).join(''),
    ).toBe(true)
    const all = passed()
    const waiting = text.length * (middle.read / all.read - middle.flushed / all.flushed)
    expect(middle.read).toBeGreaterThan(mostBytes)
    expect(waiting).toBeLessThan(mostBytes)
  },
)

it.each(doors)('over %s, who leaves without reading stops the provider', async (_, open) => {
  const { caller, state, standstill } = await begin(open)
  await standstill()
  const since = performance.now()
  caller.leave()
  while (!state.gone && performance.now() - since < 5000) await turns(1)
  expect(performance.now() - since).toBeLessThan(500)
})
