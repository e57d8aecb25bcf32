import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { endChunk, FakeClock, textChunk } from '../support/fake-gateway.ts'
import {
  type GraphqlServer,
  type GraphqlServerOptions,
  post,
  startGraphqlServer,
} from '../support/graphql-server.ts'
import { RawSocket, type RawSocketOptions, refusedWith } from '../support/graphql-socket.ts'
import { recordOf } from '../support/request-record.ts'
import { openTap } from '../support/tap-provider.ts'

const input = { model: 'openai:gpt-test', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] }
const stream = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename seq completionId
  ... on CompletionTextDelta { text }
  ... on CompletionFinished { completion { text cost { total } request { requestId } } }
  ... on CompletionFailed { partialText error { __typename code message } }
} }`
const follow = `subscription F($id: ID!, $after: Int!) { completionEvents(completionId: $id, afterSeq: $after) { __typename seq ... on CompletionTextDelta { text } } }`
const metrics =
  'subscription { liveMetrics(simulated: false) { at requestsPerSecond inFlight providers { name health } } }'

const open: GraphqlServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(options: GraphqlServerOptions = {}) {
  const clock = new FakeClock()
  const server = await startGraphqlServer({ clock, ...options })
  open.push(server)
  const connect = async (given: RawSocketOptions = {}) => {
    const socket = new RawSocket(server.socketUrl, given)
    await socket.acknowledged()
    return socket
  }
  return { ...server, clock, connect }
}

const soon = (check: () => void) => vi.waitFor(check, { interval: 2, timeout: 5000 })

describe('a socket', () => {
  it('of the standard client carries queries, mutations and subscriptions', async () => {
    const { socketUrl } = await start()
    const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 })
    const results: unknown[] = []
    for (const query of [
      '{ server { version } }',
      `mutation { createCompletion(input: {model: "m", messages: []}) { ... on CreateCompletionSuccess { completion { text } } } }`,
    ]) {
      for await (const result of client.iterate({ query })) results.push(result.data)
    }
    for await (const { data } of client.iterate({ query: stream, variables: { input } }))
      results.push(data)
    await client.dispose()
    expect(results.slice(0, 2)).toEqual([
      { server: { version: '0.8.0' } },
      { createCompletion: { completion: { text: 'hello' } } },
    ])
    expect(results.at(-1)).toMatchObject({
      completionStream: { __typename: 'CompletionFinished', completion: { text: 'hello' } },
    })
  })

  it.each([
    ['without the sub-protocol', { protocol: '' }, 4406],
    ['with another sub-protocol', { protocol: 'graphql-ws' }, undefined],
  ])('%s is closed', async (_name, options, code) => {
    const { socketUrl } = await start()
    const socket = new RawSocket(socketUrl, { ...options, init: null })
    socket.socket.on('error', () => {})
    expect((await socket.closed).code).toBe(code ?? 1006)
  })

  it.each<[string, (socket: RawSocket) => void, number]>([
    [
      'asks before it has said who it is',
      (socket) => socket.subscribe('1', '{ server { version } }'),
      4401,
    ],
    ['sends no JSON', (socket) => socket.socket.send('{'), 4400],
    ['sends bytes', (socket) => socket.socket.send(Buffer.from([1, 2, 3])), 4400],
    ['sends a message of no known type', (socket) => socket.send({ type: 'hack' }), 4400],
    [
      'sends more than 64 kB at first',
      (socket) => socket.send({ type: 'connection_init', payload: { x: 'y'.repeat(70_000) } }),
      1009,
    ],
    [
      'sends a very deep message',
      (socket) =>
        socket.socket.send(`{"type":"ping","payload":{"a":${'['.repeat(500)}${']'.repeat(500)}}}`),
      4400,
    ],
  ])('that %s is closed', async (_name, misbehave, code) => {
    const { socketUrl } = await start()
    const socket = new RawSocket(socketUrl, { init: null })
    socket.socket.on('open', () => misbehave(socket))
    expect((await socket.closed).code).toBe(code)
  })

  it('may send large messages once it has said who it is', async () => {
    const { connect } = await start()
    const socket = await connect()
    socket.subscribe('1', 'query($s: String) { models(search: $s) { totalCount } }', {
      s: 'x'.repeat(100_000),
    })
    expect((await socket.until(({ type }) => type === 'next')).payload?.data).toEqual({
      models: { totalCount: 0 },
    })
  })

  it('that sends one id twice is closed', async () => {
    const { connect } = await start()
    const socket = await connect()
    socket.subscribe('1', metrics)
    socket.subscribe('1', metrics)
    expect((await socket.closed).code).toBe(4409)
  })

  it('of a foreign page is refused before it opens', async () => {
    const { socketUrl, origin } = await start()
    expect(await refusedWith(socketUrl, { origin: 'https://evil.example' })).toBe(403)
    const own = new RawSocket(socketUrl, { headers: { origin } })
    expect((await own.acknowledged()).type).toBe('connection_ack')
  })

  it('with a token says who it is at the upgrade or in connection_init', async () => {
    const { connect, socketUrl } = await start({ token: 'a-long-token' })
    expect((await new RawSocket(socketUrl).closed).code).toBe(4403)
    expect(
      (await new RawSocket(socketUrl, { init: { authorization: 'Bearer wrong' } }).closed).code,
    ).toBe(4403)
    expect(await refusedWith(socketUrl, { authorization: 'Bearer wrong' })).toBe(403)
    const sockets = [
      await connect({ init: { authorization: 'Bearer a-long-token' } }),
      await connect({ headers: { authorization: 'Bearer a-long-token' } }),
    ]
    for (const socket of sockets) {
      socket.subscribe('1', '{ viewer { displayName } }')
      expect((await socket.until(({ type }) => type === 'next')).payload?.data).toEqual({
        viewer: { displayName: 'router token' },
      })
    }
  })

  it('is closed with 4403 when its viewer is revoked, and the rest stay open', async () => {
    const { connect, graphql } = await start()
    const socket = await connect()
    graphql.revoke(() => false)
    socket.send({ type: 'ping' })
    await socket.until(({ type }) => type === 'pong')
    graphql.revoke(({ displayName }) => displayName === 'local')
    expect((await socket.closed).code).toBe(4403)
  })

  it('carries 20 subscriptions at most, and a key has 50 sockets at most', async () => {
    const { connect, socketUrl } = await start({
      graphql: { subscriptionsPerSocket: 2, socketsPerKey: 3 },
    })
    const socket = await connect()
    for (const id of ['1', '2', '3']) socket.subscribe(id, metrics)
    const refused = await socket.until(({ id, type }) => id === '3' && type === 'error')
    expect(refused.payload).toMatchObject([{ extensions: { code: 'OVERLOADED' } }])
    await connect()
    await connect()
    expect((await new RawSocket(socketUrl).closed).code).toBe(1013)
  })

  it('that takes nothing is closed with 1013 after ten seconds', async () => {
    const { connect, clock } = await start({ graphql: { maxBodyBytes: 50_000_000 } })
    const socket = await connect()
    socket.socket.pause()
    for (let copies = 0; copies < 30; copies++)
      socket.send({ type: 'ping', payload: { x: 'y'.repeat(1_000_000) } })
    const advance = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await soon(() => expect(socket.socket.bufferedAmount).toBe(0))
    await advance(13)
    socket.socket.resume()
    expect((await socket.closed).code).toBe(1013)
  })
})

describe('a server that is about to stop', () => {
  it('closes idle sockets and live figures at once, and answers when they have ended', async () => {
    const tap = openTap()
    const { connect, clock, graphql } = await start({ adapter: tap.adapter })
    const [idle, live, busy] = [await connect(), await connect(), await connect()]
    live.subscribe('m', metrics)
    busy.subscribe('s', stream, { input })
    await Promise.all([live.until(({ id }) => id === 'm'), busy.until(({ id }) => id === 's')])
    const drained = graphql.drain()
    clock.advance(50)
    expect((await idle.closed).code).toBe(1001)
    expect((await live.closed).code).toBe(1001)
    busy.subscribe('t', '{ server { version } }')
    expect((await busy.until(({ id }) => id === 't')).payload).toMatchObject([
      { extensions: { code: 'OVERLOADED' } },
    ])
    tap.write(textChunk('whole'), endChunk())
    await busy.until(({ type }) => type === 'complete')
    expect(busy.results('s').at(-1)).toMatchObject({ completion: { text: 'whole' } })
    await soon(() => {
      clock.advance(50)
      expect(busy.socket.readyState).toBe(WebSocket.CLOSED)
    })
    clock.advance(50)
    await drained
  })
})

describe('limits', () => {
  it.each([
    [
      'depth',
      `{ providers { models { edges { node { provider { models { edges { node { provider { models { edges { node { slug } } } } } } } } } } } }`,
    ],
    [
      'aliases',
      `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: server { version }`).join(' ')} }`,
    ],
    ['tokens', `{ ${'server { version } '.repeat(300)} }`],
    ['validity', '{ nothing }'],
    ['syntax', '{'],
  ])('of %s are the same on both doors', async (_name, query) => {
    const { connect, url } = await start()
    const socket = await connect()
    socket.subscribe('1', query)
    const refused = await socket.until(({ type }) => type === 'error')
    const { json } = await post(url, { query })
    const plain = (errors: unknown) =>
      (errors as { message: string; extensions: { code: string } }[]).map(
        ({ message, extensions }) => [message, extensions.code],
      )
    expect(plain(refused.payload)).toEqual(plain(json.errors))
  })

  it('keep introspection for administrators', async () => {
    const { connect } = await start({ token: 'a-long-token' })
    const socket = await connect({ init: { authorization: 'Bearer a-long-token' } })
    socket.subscribe('1', '{ __schema { queryType { name } } }')
    expect((await socket.until(({ type }) => type === 'next')).payload?.data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    })
  })
})

describe('completionStream', () => {
  it('brings refusals as its one event', async () => {
    const { connect } = await start()
    const socket = await connect()
    socket.subscribe('1', stream, { input: { ...input, maxOutputTokens: 0 } })
    await socket.until(({ type }) => type === 'complete')
    expect(socket.results('1')).toMatchObject([
      { __typename: 'CompletionFailed', seq: 0, error: { __typename: 'ValidationError' } },
    ])
  })

  it('cancels the call at once when it is completed', async () => {
    const tap = openTap()
    const { connect, records } = await start({ adapter: tap.adapter })
    const socket = await connect()
    socket.subscribe('1', stream, { input })
    await socket.until(({ type }) => type === 'next')
    socket.send({ id: '1', type: 'complete' })
    await soon(() => expect(records.ended[0]).toMatchObject({ status: 'CANCELLED' }))
  })

  it('is found again after its socket was lost: from seq 0, without a second call', async () => {
    const tap = openTap()
    const { connect, clock, records } = await start({ adapter: tap.adapter })
    const first = await connect()
    first.subscribe('op-1', stream, { input })
    tap.write(textChunk('hel'))
    await soon(() => expect(first.results('op-1')).toHaveLength(2))
    await first.lose()
    clock.advance(8000)
    const second = await connect()
    second.subscribe('op-1', stream, { input })
    tap.write(textChunk('lo'), endChunk())
    await second.until(({ type }) => type === 'complete')
    const events = second.results('op-1')
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3])
    expect(events.at(-1)).toMatchObject({ completion: { text: 'hello' } })
    expect([tap.calls.length, records.ended.length]).toEqual([1, 1])
  })

  it('is cancelled ten seconds after its socket was lost', async () => {
    const tap = openTap()
    const { connect, clock, records } = await start({ adapter: tap.adapter })
    const socket = await connect()
    socket.subscribe('op-1', stream, { input })
    await socket.until(({ type }) => type === 'next')
    await socket.lose()
    await soon(() => {
      clock.advance(1000)
      expect(records.ended[0]).toMatchObject({ status: 'CANCELLED' })
    })
    expect(clock.now()).toBeGreaterThanOrEqual(10_000)
  })
})

describe('startCompletion', () => {
  const begin =
    'mutation B($input: CompletionInput!) { startCompletion(input: $input) { ... on StartCompletionSuccess { completionId } ... on Error { code } } }'

  const started = async (url: string): Promise<string> => {
    const { json } = await post(url, { query: begin, variables: { input } })
    const success = json.data?.['startCompletion'] as { completionId: string } | undefined
    return success?.completionId ?? ''
  }

  it('is followed, left and resumed without losing or doubling an event', async () => {
    const tap = openTap()
    const { connect, url } = await start({ adapter: tap.adapter })
    const id = await started(url)
    const first = await connect()
    first.subscribe('1', follow, { id, after: -1 })
    tap.write(textChunk('hel'))
    await soon(() => expect(first.results('1')).toHaveLength(2))
    await first.lose()
    tap.write(textChunk('lo'), endChunk())
    const second = await connect()
    second.subscribe('1', follow, { id, after: 1 })
    await second.until(({ type }) => type === 'complete')
    expect(second.results('1')).toMatchObject([
      { __typename: 'CompletionTextDelta', seq: 2, text: 'lo' },
      { __typename: 'CompletionFinished', seq: 3 },
    ])
    expect(tap.calls).toHaveLength(1)
  })

  it('is cancelled by cancelCompletion', async () => {
    const tap = openTap()
    const { url, records } = await start({ adapter: tap.adapter })
    const id = await started(url)
    const cancel =
      'mutation C($id: ID!) { cancelCompletion(input: {completionId: $id}) { __typename ... on CancelCompletionSuccess { completionId } } }'
    expect((await post(url, { query: cancel, variables: { id } })).json.data).toEqual({
      cancelCompletion: { __typename: 'CancelCompletionSuccess', completionId: id },
    })
    await soon(() => expect(records.ended[0]).toMatchObject({ status: 'CANCELLED' }))
    expect((await post(url, { query: cancel, variables: { id: 'unknown' } })).json.data).toEqual({
      cancelCompletion: { __typename: 'NotFoundError' },
    })
  })

  it('says no to whoever follows what is not there', async () => {
    const { connect } = await start()
    const socket = await connect()
    socket.subscribe('1', follow, { id: 'unknown', after: -1 })
    const { payload } = await socket.until(({ id }) => id === '1')
    expect(payload?.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  })
})

describe('liveMetrics', () => {
  it('is executed once for all who ask the same', async () => {
    const served = await start()
    const executed = vi.spyOn(JSON, 'stringify')
    const sockets = await Promise.all([served.connect(), served.connect(), served.connect()])
    for (const socket of sockets) socket.subscribe('m', metrics)
    await Promise.all(sockets.map((socket) => socket.until(({ type }) => type === 'next')))
    executed.mockClear()
    served.clock.advance(1000)
    await Promise.all(
      sockets.map((socket) => soon(() => expect(socket.results('m')).toHaveLength(2))),
    )
    const written = executed.mock.calls.filter(([value]) =>
      JSON.stringify(value)?.includes('requestsPerSecond'),
    )
    executed.mockRestore()
    expect(written.filter(([value]) => typeof value === 'object')).toHaveLength(1)
    const texts = sockets.map((socket) => JSON.stringify(socket.results('m').at(-1)))
    expect(new Set(texts).size).toBe(1)
  })

  it('is left by one without harm to the others, and stops with the last', async () => {
    const { connect, clock, services } = await start()
    const [one, other] = [await connect(), await connect()]
    one.subscribe('a', metrics)
    other.subscribe('b', metrics)
    await Promise.all([one.until(({ id }) => id === 'a'), other.until(({ id }) => id === 'b')])
    one.send({ id: 'a', type: 'complete' })
    one.send({ type: 'ping' })
    await one.until(({ type }) => type === 'pong')
    clock.advance(1000)
    await soon(() => expect(other.results('b')).toHaveLength(2))
    expect(one.results('a')).toHaveLength(1)
    other.send({ id: 'b', type: 'complete' })
    expect(services.metrics).toBeDefined()
  })

  it('that asks for another tenant is refused', async () => {
    const { connect } = await start()
    const socket = await connect()
    socket.subscribe(
      '1',
      'subscription { liveMetrics(scope: {kind: TENANT, value: "00000000-0000-7000-8000-000000000002"}) { at } }',
    )
    const { payload } = await socket.until(({ id }) => id === '1')
    expect(payload?.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  })
})

describe('requestTail', () => {
  it('brings calls as they end, without a read', async () => {
    const { connect, clock, records, url } = await start()
    const socket = await connect()
    const query =
      'subscription { requestTail(filter: {time: {relative: {from: "now"}}}) { dropped requests { requestId status cost { total } attempts { index } provider { name } } } }'
    socket.subscribe('t', query)
    socket.send({ type: 'ping' })
    await socket.until(({ type }) => type === 'pong')
    await post(url, {
      query:
        'mutation { createCompletion(input: {model: "m", messages: []}) { ... on CreateCompletionSuccess { completion { id } } } }',
    })
    clock.advance(250)
    await soon(() => expect(socket.results('t')).toHaveLength(1))
    expect(socket.results('t')[0]).toEqual({
      dropped: 0,
      requests: [
        {
          requestId: records.ended[0]?.id,
          status: 'SUCCEEDED',
          cost: { total: '0.00003' },
          attempts: [{ index: 0 }],
          provider: { name: 'openai' },
        },
      ],
    })
  })

  it('says how many it left out', async () => {
    const { connect, clock, services } = await start()
    const socket = await connect()
    socket.subscribe(
      't',
      'subscription { requestTail(filter: {time: {relative: {from: "now"}}}) { dropped requests { id } } }',
    )
    socket.send({ type: 'ping' })
    await socket.until(({ type }) => type === 'pong')
    const tail = services.tail as typeof services.tail & { callEnded(record: unknown): void }
    for (let call = 0; call < 150; call++) tail.callEnded(recordOf())
    clock.advance(250)
    await soon(() => expect(socket.results('t')).toHaveLength(1))
    expect(socket.results('t')[0]).toMatchObject({
      dropped: 50,
      requests: expect.objectContaining({ length: 100 }),
    })
  })
})
