import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:tls'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import { createUpstream, endpointOf, type UpstreamRequest } from '#providers/upstream.ts'
import { providerConfig } from '#test/support/fake-gateway.ts'
import {
  chunkedHead,
  END,
  httpAnswer,
  httpChunk,
  type RawServer,
  rawServer,
  RESET,
  WAIT,
  type RawStep,
} from '#test/support/raw-server.ts'

const upstream = createUpstream()
const servers: RawServer[] = []

afterEach(async () => {
  await upstream.close()
  for (const server of servers.splice(0)) await server.stop()
})

async function serve(...scripts: readonly (readonly RawStep[])[]): Promise<RawServer> {
  const server = await rawServer(...scripts)
  servers.push(server)
  return server
}

function request(origin: string, over: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    endpoint: endpointOf(
      {
        ...providerConfig,
        baseUrl: origin,
        timeouts: { ...providerConfig.timeouts, connectMs: 300 },
      },
      '/x',
    ),
    method: 'POST',
    headers: ['content-type', 'application/json'],
    body: '{}',
    model: 'gpt-test',
    cancellation: new Cancellation(),
    ...over,
  }
}

const failed = async (promise: Promise<unknown>): Promise<GatewayError> => {
  const thrown: unknown = await promise.then(
    () => 'answered',
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(GatewayError)
  return thrown as GatewayError
}

describe('endpointOf', () => {
  it.each([
    ['http://a.test/v1', '/chat/completions', '/v1/chat/completions'],
    ['http://a.test/v1/', 'chat/completions', '/v1/chat/completions'],
    ['http://a.test', '/models?all=1', '/models?all=1'],
  ])('joins %s and %s with one slash', (baseUrl, path, joined) => {
    expect(endpointOf({ ...providerConfig, baseUrl }, path)).toMatchObject({
      origin: 'http://a.test',
      path: joined,
    })
  })
})

describe('a whole answer', () => {
  it('is given with its status, headers and body', async () => {
    const server = await serve([httpAnswer('{"a":1}', { headers: { 'X-Request-ID': 'r1' } })])
    const answer = await upstream.whole(request(server.origin, { body: '{"é":1}' }))
    expect({ ...answer, body: answer.body.toString() }).toMatchObject({
      status: 200,
      headers: { 'x-request-id': 'r1' },
      body: '{"a":1}',
    })
    expect(server.requests[0]).toMatch(
      /^POST \/x HTTP\/1\.1\r\n.*content-length: 8\r\n.*\{"é":1\}$/s,
    )
  })

  it('leaves its connection to the next', async () => {
    const server = await serve([httpAnswer('1')])
    await upstream.whole(request(server.origin))
    await upstream.whole(request(server.origin))
    expect(server.requests).toHaveLength(2)
    expect(server.closed).toBe(0)
  })

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['GZIP', gzipSync],
  ])('is decoded from %s', async (encoding, compress) => {
    const server = await serve([
      httpAnswer(compress('hello'.repeat(50_000)), { headers: { 'content-encoding': encoding } }),
    ])
    const { body } = await upstream.whole(request(server.origin))
    expect(body.toString()).toBe('hello'.repeat(50_000))
  })

  it.each([
    [
      'ends before its length',
      ['HTTP/1.1 200 X\r\ncontent-length: 50\r\n\r\n{"a"', END],
      'PROVIDER_NETWORK',
    ],
    ['is chunked and ends in a chunk', [chunkedHead(), '50\r\n{"a"', END], 'PROVIDER_NETWORK'],
    [
      'is chunked and lacks the last chunk',
      [chunkedHead(), httpChunk('{"a"'), END],
      'PROVIDER_NETWORK',
    ],
    ['is reset', ['HTTP/1.1 200 X\r\ncontent-length: 50\r\n\r\n{"a"', RESET], 'PROVIDER_NETWORK'],
    ['never begins', [END], 'PROVIDER_NETWORK'],
    ['has a bad chunk', [chunkedHead(), 'zz\r\nabc\r\n'], 'PROVIDER_PROTOCOL'],
    ['is not HTTP', ['220 mail.example ESMTP\r\n'], 'PROVIDER_PROTOCOL'],
    [
      'has headers without end',
      ['HTTP/1.1 200 X\r\n', `a: ${'x'.repeat(100_000)}\r\n`],
      'PROVIDER_PROTOCOL',
    ],
    [
      'has headers beyond number',
      ['HTTP/1.1 200 X\r\n', 'a: b\r\n'.repeat(10_000)],
      'PROVIDER_PROTOCOL',
    ],
    [
      'is a redirect',
      [httpAnswer('', { status: 302, headers: { location: 'http://b.test/?k=1' } })],
      'PROVIDER_PROTOCOL',
    ],
    [
      'has a broken encoding',
      [httpAnswer('no gzip', { headers: { 'content-encoding': 'gzip' } })],
      'PROVIDER_PROTOCOL',
    ],
    [
      'has a cut encoding',
      [
        httpAnswer(gzipSync('x'.repeat(999)).subarray(0, 20), {
          headers: { 'content-encoding': 'gzip' },
        }),
      ],
      'PROVIDER_PROTOCOL',
    ],
    [
      'has an unknown encoding',
      [httpAnswer('x', { headers: { 'content-encoding': 'rot13' } })],
      'PROVIDER_PROTOCOL',
    ],
  ] satisfies [string, RawStep[], string][])(
    'that %s is an error, and was sent',
    async (_, script, code) => {
      const server = await serve(script)
      const onSent = vi.fn()
      const error = await failed(upstream.whole(request(server.origin, { onSent })))
      expect(error.code).toBe(code)
      expect(error.message).toContain('openai (gpt-test)')
      expect(error.details).toMatchObject({ provider: 'openai', model: 'gpt-test' })
      expect(onSent).toHaveBeenCalledOnce()
    },
  )

  it.each([
    ['gzip', gzipSync(Buffer.alloc(80_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(80_000_000))],
  ])('that unpacks from %s to more than 64 MiB is refused', async (encoding, bomb) => {
    const server = await serve([httpAnswer(bomb, { headers: { 'content-encoding': encoding } })])
    const error = await failed(upstream.whole(request(server.origin)))
    expect(error).toMatchObject({
      code: 'PROVIDER_PROTOCOL',
      message: expect.stringContaining('64 MiB'),
    })
  })

  it('goes on after a 103', async () => {
    const server = await serve(['HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', httpAnswer('ok')])
    expect(await upstream.whole(request(server.origin))).toMatchObject({ status: 200 })
  })

  it('of 204 has no body', async () => {
    const server = await serve(['HTTP/1.1 204 No Content\r\n\r\n'])
    expect((await upstream.whole(request(server.origin))).body).toHaveLength(0)
  })
})

describe('a provider that cannot be reached', () => {
  it('is an error before anything was sent', async () => {
    const server = await rawServer()
    await server.stop()
    const onSent = vi.fn()
    const error = await failed(upstream.whole(request(server.origin, { onSent })))
    expect(error).toMatchObject({
      code: 'PROVIDER_NETWORK',
      message: expect.stringContaining('refused'),
    })
    expect(onSent).not.toHaveBeenCalled()
  })

  it('is an error when its name is unknown', async () => {
    const onSent = vi.fn()
    const error = await failed(upstream.whole(request('http://nowhere.invalid', { onSent })))
    expect(error.code).toBe('PROVIDER_NETWORK')
    expect(onSent).not.toHaveBeenCalled()
  })

  it('is an error when there is no secure connection', async () => {
    const server = createTlsServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const onSent = vi.fn()
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const error = await failed(upstream.whole(request(origin, { onSent })))
    expect(error.code).toBe('PROVIDER_NETWORK')
    expect(onSent).not.toHaveBeenCalled()
    server.close()
  })

  it('is a timeout when no connection comes up', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const onSent = vi.fn()
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const error = await failed(upstream.whole(request(origin, { onSent })))
    expect(error.code).toBe('PROVIDER_TIMEOUT')
    expect(onSent).not.toHaveBeenCalled()
    server.close()
  })
})

describe('an answer that is read', () => {
  it('comes piece by piece', async () => {
    const server = await serve([
      chunkedHead(),
      httpChunk('a'),
      (socket) => setImmediate(() => socket.write(Buffer.concat([httpChunk('b'), httpChunk('')]))),
    ])
    const answer = await upstream.open(request(server.origin))
    const pieces: string[] = []
    for (let piece = await answer.read(); piece; piece = await answer.read())
      pieces.push(piece.toString())
    expect(pieces.join('')).toBe('ab')
  })

  it('gives what came before it was cut, then the error', async () => {
    const server = await serve([chunkedHead(), httpChunk('a'), END])
    const answer = await upstream.open(request(server.origin))
    await vi.waitFor(() => expect(server.closed).toBe(1))
    expect((await answer.read())?.toString()).toBe('a')
    expect(await failed(answer.read())).toMatchObject({ code: 'PROVIDER_NETWORK' })
  })

  it('keeps its connection when the rest is let go', async () => {
    const server = await serve([
      chunkedHead(),
      httpChunk('a'),
      (socket) => setImmediate(() => socket.write(httpChunk(''))),
    ])
    const answer = await upstream.open(request(server.origin))
    await answer.read()
    answer.discard()
    await vi.waitFor(async () => {
      await upstream.whole(request(server.origin))
      expect(server.requests.length).toBeGreaterThan(1)
    })
    expect(server.closed).toBe(0)
  })

  it('loses its connection when it is given up', async () => {
    const server = await serve([chunkedHead(), httpChunk('a'), WAIT])
    const answer = await upstream.open(request(server.origin))
    answer.abort()
    await server.closing
    expect(server.closed).toBe(1)
  })
})

describe('a cancellation', () => {
  const gone = new GatewayError('CANCELLED', 'gone')

  it('before the call sends nothing', async () => {
    const server = await serve([httpAnswer('1')])
    const cancellation = new Cancellation()
    cancellation.cancel(gone)
    expect(await failed(upstream.whole(request(server.origin, { cancellation })))).toBe(gone)
    expect(server.requests).toHaveLength(0)
  })

  it('before there is a connection sends nothing', async () => {
    const server = await serve([httpAnswer('1')])
    const cancellation = new Cancellation()
    const onSent = vi.fn()
    const pending = failed(upstream.whole(request(server.origin, { cancellation, onSent })))
    cancellation.cancel(gone)
    expect(await pending).toBe(gone)
    await upstream.whole(request(server.origin))
    expect(server.requests).toHaveLength(1)
    expect(onSent).not.toHaveBeenCalled()
  })

  it('before the headers closes the connection', async () => {
    const server = await serve([WAIT])
    const cancellation = new Cancellation()
    const pending = failed(
      upstream.open(
        request(server.origin, {
          cancellation,
          onSent: () => queueMicrotask(() => cancellation.cancel(gone)),
        }),
      ),
    )
    expect(await pending).toBe(gone)
    await server.closing
  })

  it('while it is read closes the connection, and drops what waited', async () => {
    const server = await serve([chunkedHead(), httpChunk('a'), WAIT])
    const cancellation = new Cancellation()
    const answer = await upstream.open(request(server.origin, { cancellation }))
    await answer.read()
    const pending = failed(answer.read())
    cancellation.cancel(gone)
    expect(await pending).toBe(gone)
    expect(await failed(answer.read())).toBe(gone)
    await server.closing
  })
})

it('no proxy is used, whatever the environment says', async () => {
  const server = await serve([httpAnswer('1')])
  vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1')
  vi.stubEnv('http_proxy', 'http://127.0.0.1:1')
  expect(await upstream.whole(request(server.origin))).toMatchObject({ status: 200 })
  vi.unstubAllEnvs()
})
