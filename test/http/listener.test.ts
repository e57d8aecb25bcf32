import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClientIp } from '#http/client-ip.ts'
import type { HttpServerOptions } from '#http/listener.ts'
import type { RequestHandler } from '#http/request-context.ts'
import type { Route } from '#http/route-table.ts'
import { rawRequest } from '#test/support/raw-http.ts'
import { type DoorOptions, openDoor, type RestDoor } from '#test/support/rest-door.ts'

const doors: RestDoor[] = []
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close()
})

async function open(options: DoorOptions = {}): Promise<RestDoor> {
  const door = await openDoor(options)
  doors.push(door)
  return door
}

const route = (path: string, handler: RequestHandler): Route => ({
  path,
  access: 'token',
  methods: { GET: handler, POST: handler },
})

/** A handler that answers when it is told. */
function held() {
  let answer = (_text: string) => {}
  let begun = () => {}
  const started = new Promise<void>((resolve) => (begun = resolve))
  const handler: RequestHandler = (_request, response) => {
    answer = (text) => response.end(text)
    begun()
  }
  return { handler, started, answer: (text: string) => answer(text) }
}

describe('a handler', () => {
  it.each<[string, RequestHandler]>([
    [
      'throws',
      () => {
        throw new TypeError('inside')
      },
    ],
    [
      'rejects',
      async () => {
        throw new TypeError('inside')
      },
    ],
  ])('that %s is answered with 500, and only the log learns why', async (_how, handler) => {
    const door = await open({ routes: [route('/bad', handler)] })
    const answer = await fetch(`${door.origin}/bad`)
    expect(answer.status).toBe(500)
    const text = await answer.text()
    expect(text).not.toContain('inside')
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'internal', request_id: answer.headers.get('x-request-id') },
    })
    expect(door.crashes).toEqual([expect.objectContaining({ message: 'inside' })])
  })

  it('learns who asks, from where, and under which id', async () => {
    const door = await open({
      token: 'right',
      routes: [
        route(
          '/who',
          (_request, response, { id, clientIp, viewer }) =>
            void response.end(JSON.stringify({ id, clientIp, name: viewer.displayName })),
        ),
      ],
    })
    const answer = await fetch(`${door.origin}/who`, { headers: { authorization: 'Bearer right' } })
    expect(await answer.json()).toEqual({
      id: answer.headers.get('x-request-id'),
      clientIp: '127.0.0.1',
      name: 'router token',
    })
  })

  it('that sets headers one by one is stamped all the same', async () => {
    const door = await open({
      routes: [
        route('/set', (_request, response) => {
          response.setHeader('X-Mine', '1')
          response.end('x')
        }),
        route(
          '/head',
          (_request, response) => void response.writeHead(201, 'Made', { 'X-Mine': '1' }).end('x'),
        ),
      ],
    })
    for (const path of ['/set', '/head']) {
      const { headers } = await fetch(door.origin + path)
      expect(headers.get('x-mine')).toBe('1')
      expect(headers.get('x-request-id')).toHaveLength(36)
      expect(headers.get('x-response-time')).toMatch(/ms$/)
    }
  })

  it('is never reached under two paths that look alike', async () => {
    await expect(open({ routes: [route('/health', () => {})] })).rejects.toThrow('two routes')
  })
})

describe('a page of another site', () => {
  const ask = (door: RestDoor, headers: HeadersInit) =>
    fetch(`${door.origin}/admin/reload`, { method: 'POST', headers })

  it.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost.evil.example' }, 403],
    [{ origin: 'http://localhost:3000' }, 200],
    [{ origin: 'chrome-extension://abcdef' }, 200],
    [{}, 200],
  ])('with %j gets %i where no token guards the server', async (headers, status) => {
    expect((await ask(await open(), headers)).status).toBe(status)
  })

  it('needs the token where one is set, and then its origin does not matter', async () => {
    const door = await open({ token: 'right' })
    const headers = { origin: 'https://app.example', authorization: 'Bearer right' }
    expect((await ask(door, headers)).status).toBe(200)
  })

  it('is ours when its host is a configured one', async () => {
    const door = await open({ allowedHosts: ['*.corp.example'] })
    expect((await ask(door, { origin: 'https://ai.corp.example' })).status).toBe(200)
    expect((await ask(door, { origin: 'https://corp.example.evil' })).status).toBe(403)
  })
})

describe('a configured host', () => {
  const status = async (door: RestDoor, host: string) =>
    (
      await rawRequest(
        door.port,
        `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
    ).status

  it.each([
    ['ai.example', ['ai.example'], 200],
    ['AI.Example:8080', ['ai.example'], 200],
    ['x.ai.example', ['ai.example'], 421],
    ['x.ai.example', ['*.ai.example'], 200],
    ['anything.at.all', ['*'], 200],
  ])('%s with %j allowed is answered with %i', async (host, allowedHosts, expected) => {
    expect(await status(await open({ allowedHosts }), host)).toBe(expected)
  })

  it('is the address of the connection when the server is bound to all', async () => {
    const door = await open({ boundTo: '0.0.0.0', token: 'x' })
    expect(await status(door, '127.0.0.1')).toBe(200)
    expect(await status(door, '10.1.2.3')).toBe(421)
  })
})

it('answers a head that comes too slowly with 408', async () => {
  const door = await open({ http: { headersTimeoutMs: 100 } })
  const answer = await rawRequest(door.port, 'GET / HTTP/1.1\r\nHost: loc')
  expect(answer.status).toBe(408)
  expect(answer.headers['x-request-id']).toHaveLength(36)
})

it('treats a request for an upgrade that it does not know as an ordinary one', async () => {
  const door = await open()
  const text =
    'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n'
  expect((await rawRequest(door.port, text, { until: /true/ })).status).toBe(200)
})

it('hands WebSockets to their owner, after the Host check', async () => {
  const upgrades = new Map([
    [
      '/graphql',
      ({ socket }: { socket: { end(text: string): void } }) =>
        socket.end('HTTP/1.1 101 Mine\r\n\r\n'),
    ],
  ])
  const door = await open({ http: { upgrades } })
  const ask = (host: string, path = '/graphql') =>
    rawRequest(
      door.port,
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      { until: /\r\n\r\n/ },
    )
  expect((await ask('localhost')).status).toBe(101)
  expect((await ask('evil.example')).status).toBe(421)
  expect((await ask('localhost', '/__proto__')).status).toBe(404)
})

it('knows whom a WebSocket comes from behind a trusted proxy', async () => {
  const upgrades: NonNullable<HttpServerOptions['upgrades']> = new Map([
    ['/graphql', ({ socket, clientIp }) => socket.end(`HTTP/1.1 101 ${clientIp}\r\n\r\n`)],
  ])
  const door = await open({ http: { upgrades, clientIpOf: createClientIp(['127.0.0.0/8']) } })
  const text =
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n'
  const answer = await rawRequest(door.port, text, { until: /\r\n\r\n/ })
  expect(answer.text).toContain('101 203.0.113.9')
})

it('answers Expect: 100-continue', async () => {
  const door = await open()
  const text =
    'POST /admin/reload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n'
  const { text: all } = await rawRequest(door.port, text, { until: /providers_loaded/ })
  expect(all).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
})

describe('a drain', () => {
  it('lets running answers finish, and refuses new connections', async () => {
    const { answer, handler, started } = held()
    const door = await open({ routes: [route('/slow', handler)] })
    const slow = fetch(`${door.origin}/slow`)
    await started
    const drained = door.http.drain(5000)
    await expect(fetch(`${door.origin}/livez`)).rejects.toThrow('fetch failed')
    answer('whole')
    expect(await (await slow).text()).toBe('whole')
    expect(await drained).toBe(true)
  })

  it('closes idle connections at once', async () => {
    const door = await open()
    const agent = new Agent({ keepAlive: true })
    await new Promise((resolve) =>
      get(`${door.origin}/livez`, { agent }, (answer) => answer.resume().on('end', resolve)),
    )
    expect(await door.http.drain(5000)).toBe(true)
    agent.destroy()
  })

  it('refuses new calls on connections that are still open, and says so to probes', async () => {
    const { answer, handler, started } = held()
    const door = await open({ routes: [route('/slow', handler)] })
    const socket = connect(door.port, '127.0.0.1')
    let text = ''
    socket.on('data', (part) => (text += part.toString()))
    const send = (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    send('/slow')
    await started
    const drained = door.http.drain(5000)
    send('/readyz')
    answer('first')
    await once(socket, 'close')
    expect(text).toMatch(/first.*HTTP\/1\.1 503.*Connection: close.*about to stop/s)
    expect(await drained).toBe(true)
  })

  it('cuts what has not ended when its time is over', async () => {
    const { handler, started } = held()
    const door = await open({ routes: [route('/slow', handler)] })
    const slow = fetch(`${door.origin}/slow`)
    await started
    const drained = door.http.drain(20)
    await expect(slow).rejects.toThrow('fetch failed')
    expect(await drained).toBe(false)
  })
})

it('says that a port is taken', async () => {
  const door = await open()
  const second = await open()
  await second.http.drain(0)
  await expect(second.http.listen(door.port, '127.0.0.1')).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})
