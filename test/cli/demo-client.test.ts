import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import type { DemoCall } from '#cli/demo-call.ts'
import { makeCall } from '#cli/demo-client.ts'

let stop = async () => {}

afterEach(() => stop())

/** A server that answers as told, and remembers what it was asked. */
async function serving(listener: RequestListener) {
  const asked: { request: IncomingMessage; body: string }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ request, body })
      listener(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'secret',
    asked,
  }
}

const call = (over: Partial<DemoCall> = {}): DemoCall => ({
  door: 'REST',
  model: 'simulator:fast',
  prompt: 'hello',
  endUser: 'ann',
  tag: 'search',
  maxTokens: undefined,
  withTool: false,
  hangUpAfterMs: undefined,
  ...over,
})

const done = 'data: {}\n\ndata: [DONE]\n\n'

it.each<[string, Partial<DemoCall>, number, string, string, string]>([
  ['a whole answer', {}, 200, 'application/json', '{}', 'answered'],
  ['a refusal', {}, 429, 'application/json', '{}', 'refused'],
  ['a stream', { door: 'REST_STREAM' }, 200, 'text/event-stream', done, 'answered'],
  [
    'a stream without its end',
    { door: 'REST_STREAM' },
    200,
    'text/event-stream',
    'data: {"error":{}}\n\n',
    'broken',
  ],
  ['embeddings', { door: 'EMBEDDINGS' }, 200, 'application/json', '{}', 'answered'],
  [
    'a mutation',
    { door: 'GRAPHQL' },
    200,
    'application/json',
    '{"data":{"createCompletion":{"__typename":"CreateCompletionSuccess"}}}',
    'answered',
  ],
  [
    'a mutation that is refused',
    { door: 'GRAPHQL' },
    200,
    'application/json',
    '{"data":{"createCompletion":{"__typename":"RefusedError"}}}',
    'refused',
  ],
])('sees %s for what it is', async (_, over, status, type, body, outcome) => {
  const server = await serving((_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  )
  expect(await makeCall(call(over), server)).toBe(outcome)
})

it('says who calls and what for', async () => {
  const server = await serving((_request, response) => response.end('{}'))
  await makeCall(call({ maxTokens: 9, withTool: true }), server)
  const [first] = server.asked
  expect(first?.request.headers).toMatchObject({
    authorization: 'Bearer secret',
    'x-orchestrator-tags': 'demo,search',
  })
  expect(JSON.parse(first?.body ?? '')).toMatchObject({
    model: 'simulator:fast',
    user: 'ann',
    max_tokens: 9,
    tools: [{ type: 'function', function: { name: 'weather' } }],
  })
})

it('hangs up when it is told to', async () => {
  const server = await serving((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n'),
  )
  expect(await makeCall(call({ door: 'REST_STREAM', hangUpAfterMs: 20 }), server)).toBe('hung up')
})

it.each(['REST', 'GRAPHQL', 'GRAPHQL_STREAM'] as const)(
  'by %s sees that no server is there',
  async (door) => {
    expect(await makeCall(call({ door }), { origin: 'http://127.0.0.1:9', token: undefined })).toBe(
      'unreachable',
    )
  },
)
