import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import {
  chatDocument,
  openAiDouble,
  type OpenAiDouble,
  writeDocument,
} from '#test/support/openai-double.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

const uuid = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

/** Answers every request in one way, and remembers what it got. */
async function otherService(answer: (url: string, response: ServerResponse) => void) {
  const seen: { url: string; body: string; headers: Record<string, unknown> }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      seen.push({ url: request.url ?? '', body, headers: request.headers })
      answer(request.url ?? '', response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, seen, close: () => (server.closeAllConnections(), server.close()) }
}

let double: OpenAiDouble
let ollama: Awaited<ReturnType<typeof otherService>>
let agent: Awaited<ReturnType<typeof otherService>>
let rag: Awaited<ReturnType<typeof otherService>>
let door: RestDoor
let guarded: RestDoor
const ollamaHello = (response: ServerResponse) =>
  writeDocument(response, {
    model: 'llama3:8b',
    message: { role: 'assistant', content: 'from the llama' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 5,
    eval_count: 4,
  })
let ollamaAnswer = ollamaHello
let reloads: () => Promise<unknown> = async () => {}

beforeAll(async () => {
  double = await openAiDouble()
  ollama = await otherService((url, response) => {
    if (url === '/api/tags')
      writeDocument(response, { models: [{ name: 'llama3:8b' }, { size: 1 }] })
    else ollamaAnswer(response)
  })
  agent = await otherService((url, response) => {
    const paid = { model: 'mcp', inputTokens: 1, outputTokens: 1, cachedTokens: 0, complete: true }
    writeDocument(
      response,
      url === '/' ? { name: 'agent-runner', ok: true } : chatDocument(paid, 'from the agent'),
    )
  })
  rag = await otherService((_url, response) =>
    writeDocument(response, { answer: 'from the books', context: [{ page: 7 }] }),
  )
  const options = {
    legacy: true,
    providers: [
      {
        name: 'openai',
        baseUrl: double.baseUrl,
        apiKeyEnv: 'KEY',
        headers: { 'X-Title': 'router' },
      },
      { name: 'broken', baseUrl: 'http://127.0.0.1:1' },
      {
        name: 'local',
        kind: 'OLLAMA' as const,
        baseUrl: ollama.url,
        chatPath: '/api/chat',
        modelsPath: '/api/tags',
      },
      {
        name: 'agent',
        kind: 'AGENT' as const,
        baseUrl: agent.url,
        chatPath: '/v1/chat/completions',
      },
      { name: 'rag', kind: 'RAG' as const, baseUrl: rag.url, chatPath: '/query' },
    ],
    keys: { KEY: 'sk-upstream' },
    ollamaBase: ollama.url,
    agentRunnerUrl: agent.url,
    maxBodyBytes: 100_000,
    reload: () => reloads(),
  }
  door = await openDoor(options)
  guarded = await openDoor({ ...options, token: 'right', maxConcurrency: 3 })
})

afterAll(async () => {
  await Promise.all([door.close(), guarded.close()])
  await double.close()
  for (const service of [ollama, agent, rag]) service.close()
})

afterEach(() => {
  double.script = () => 'default'
  reloads = async () => {}
  ollamaAnswer = ollamaHello
})

const at = (path: string, init: RequestInit = {}, server = door) =>
  fetch(server.origin + path, { redirect: 'manual', ...init })
const chat = (body: unknown, init: RequestInit = {}) =>
  at('/v1/chat/completions', {
    method: 'POST',
    body:
      typeof body === 'string' || body instanceof Uint8Array
        ? (body as string)
        : JSON.stringify(body),
    ...init,
  })
const lastSent = () => double.calls.at(-1)
const question = { model: 'openai:gpt-test', messages: [{ role: 'user', content: 'hi' }] }

describe('1.1 endpoints', () => {
  it.each([
    ['GET', '/nothing', 404, 'Not Found'],
    ['GET', '/v1', 404, 'Not Found'],
    ['GET', '/V1/models', 404, 'Not Found'],
    ['GET', '/nothing/', 404, 'Not Found'],
    ['POST', '/v1/completions', 404, 'Not Found'],
    ['GET', '//v1/models', 404, 'Not Found'],
    ['GET', '/v1/chat/completions', 405, 'Method Not Allowed'],
    ['PUT', '/v1/chat/completions', 405, 'Method Not Allowed'],
    ['DELETE', '/v1/models', 405, 'Method Not Allowed'],
    ['POST', '/health', 405, 'Method Not Allowed'],
    ['GET', '/admin/reload', 405, 'Method Not Allowed'],
    ['OPTIONS', '/v1/models', 405, 'Method Not Allowed'],
  ])('%s %s is %i with its detail', async (method, path, status, detail) => {
    const answer = await at(path, { method })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ detail, error: { message: detail } })
  })

  it.each([
    ['/v1/chat/completions', 'POST'],
    ['/admin/reload', 'POST'],
    ['/v1/models', 'GET, HEAD'],
    ['/', 'GET, HEAD'],
  ])('says in Allow what %s takes', async (path, allow) => {
    expect((await at(path, { method: 'PATCH' })).headers.get('allow')).toBe(allow)
  })

  it.each(['/health/', '/v1/models/', '/v1/chat/completions/', '/stats/', '/docs/'])(
    'sends %s on to the path without the slash',
    async (path) => {
      const answer = await at(path)
      expect(answer.status).toBe(307)
      expect(answer.headers.get('location')).toBe(door.origin + path.slice(0, -1))
    },
  )

  it.each([
    '/',
    '/health',
    '/stats',
    '/v1/models',
    '/nothing',
    '/openapi.json',
    '/docs',
    '/redoc',
    '/livez',
  ])('names and times the answer of %s', async (path) => {
    const { headers } = await at(path, { headers: { 'x-request-id': 'mine' } })
    expect(headers.get('x-request-id')).toMatch(uuid)
    expect(headers.get('x-response-time')).toMatch(/^\d+\.\d{1,2}ms$/)
  })

  it('names each answer anew, and refusals too', async () => {
    const ids = await Promise.all(
      [at('/'), at('/'), chat('nonsense')].map(async (answer) =>
        (await answer).headers.get('x-request-id'),
      ),
    )
    expect(new Set(ids).size).toBe(3)
  })

  it('ignores query strings and sends no CORS headers', async () => {
    const answer = await at('/v1/models?x=1', { headers: { origin: 'http://evil.example' } })
    expect(answer.status).toBe(200)
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual(
      [],
    )
  })

  it('describes itself as OpenAPI with the title router', async () => {
    expect(await (await at('/openapi.json')).json()).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'router' },
    })
  })
})

describe('1.2 GET /', () => {
  it.each([
    ['text/html', 'curl/8.5', 307],
    ['application/json, text/html', 'anything', 307],
    ['*/*', 'Mozilla/5.0', 307],
    ['*/*', 'python-requests/2.31', 307],
    ['*/*', 'curl/8.5', 200],
    ['*/*', 'HTTPie/3.2', 200],
    ['application/json', 'Mozilla/5.0', 200],
    ['*/*', '', 200],
  ])('answers Accept %s from %s with %i', async (accept, agentName, status) => {
    const answer = await at('/', { headers: { accept, 'user-agent': agentName } })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('location')).toBe(status === 307 ? '/dashboard' : null)
  })

  it('tells the state of the server', async () => {
    const answer = await at('/', { headers: { accept: 'application/json' } })
    expect(await answer.json()).toEqual({
      name: 'router',
      ok: true,
      version: expect.any(String),
      uptime_s: expect.any(Number),
      ollama_base: ollama.url,
      agent_runner_url: agent.url,
      providers_loaded: ['broken', 'local', 'openai'],
      providers_yaml: '/etc/ai/providers.yaml',
      models_cache_ttl_s: 600,
      auth_enabled: false,
      max_concurrency: null,
    })
  })

  it('shows strangers no internal addresses where a token guards the server (F9)', async () => {
    const headers = { accept: 'application/json' }
    const stranger = await (await at('/', { headers }, guarded)).json()
    expect(stranger).toMatchObject({
      auth_enabled: true,
      max_concurrency: 3,
      ollama_base: '',
      providers_yaml: 'providers.yaml',
    })
    const known = await (
      await at('/', { headers: { ...headers, authorization: 'Bearer right' } }, guarded)
    ).json()
    expect(known).toMatchObject({
      ollama_base: ollama.url,
      providers_yaml: '/etc/ai/providers.yaml',
    })
  })
})

describe('1.3 GET /health', () => {
  it('is healthy when Ollama and the agent runner answer', async () => {
    const answer = await at('/health')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      status: 'healthy',
      ok: true,
      timestamp: expect.any(Number),
      uptime_s: expect.any(Number),
      services: {
        router: { ok: true, version: expect.any(String) },
        ollama: { ok: true, base_url: ollama.url, response_time_ms: expect.any(Number) },
        agent_runner: { ok: true, url: agent.url, response_time_ms: expect.any(Number) },
      },
      providers: {
        count: 3,
        loaded: ['broken', 'local', 'openai'],
        status: {
          openai: {
            reachable: null,
            type: 'openai_compat',
            base_url: double.baseUrl,
            has_api_key: true,
          },
          local: { reachable: true, type: 'ollama', response_time_ms: expect.any(Number) },
          broken: {
            reachable: null,
            type: 'openai_compat',
            base_url: 'http://127.0.0.1:1',
            has_api_key: false,
          },
        },
      },
    })
  })

  it('asks Ollama and the agent once for many callers (F10)', async () => {
    const before = ollama.seen.length
    await Promise.all(Array.from({ length: 20 }, () => at('/health')))
    expect(ollama.seen.length - before).toBeLessThanOrEqual(1)
  })

  it('is 200 and degraded when the agent runner that is in use is away', async () => {
    const alone = await openDoor({
      legacy: true,
      ollamaBase: ollama.url,
      agentRunnerUrl: 'http://127.0.0.1:2',
    })
    const answer = await at('/health', {}, alone)
    await alone.close()
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      status: 'degraded',
      ok: false,
      services: { agent_runner: { ok: false, response_time_ms: null } },
    })
  })

  it('is healthy where neither Ollama nor the agent runner is in use (L5)', async () => {
    const alone = await openDoor({ legacy: true })
    expect(await (await at('/health', {}, alone)).json()).toMatchObject({
      status: 'healthy',
      ok: true,
      services: { ollama: { ok: false } },
    })
    await alone.close()
  })

  it('tells strangers neither addresses nor who has a key (F9)', async () => {
    const text = await (await at('/health', {}, guarded)).text()
    expect(text).not.toContain('http://')
    expect(text).not.toContain('has_api_key')
  })
})

describe('1.4 GET /stats', () => {
  it('counts answers by method, path and status, but not itself', async () => {
    const fresh = await openDoor({
      legacy: true,
      providers: [{ name: 'openai', baseUrl: double.baseUrl }],
      maxConcurrency: 2,
    })
    await at('/health', {}, fresh)
    await at('/health', {}, fresh)
    await at('/nothing', {}, fresh)
    await at('/v1/chat/completions', { method: 'POST', body: JSON.stringify(question) }, fresh)
    const answer = await (await at('/stats', {}, fresh)).json()
    await fresh.close()
    expect(answer).toMatchObject({
      uptime_s: expect.any(Number),
      requests: {
        total: 4,
        errors: 1,
        success: 3,
        error_rate_percent: 25,
        avg_response_time_ms: expect.any(Number),
        total_response_time_ms: expect.any(Number),
      },
      by_method: { GET: 3, POST: 1 },
      by_status: { '200': 3, '404': 1 },
      providers: { requests: { openai: 1 }, total_providers: 1 },
      cache: {
        hits: 0,
        misses: 0,
        hit_rate_percent: 0,
        models_cache: { valid: false, age_s: null, ttl_s: 600, model_count: 0 },
      },
      connection_pool: { max_connections: 100, max_keepalive: 20 },
      concurrency: { max: 2, current_available: 2 },
    })
    expect(Object.entries(answer.by_path)[0]).toEqual(['/health', 2])
  })

  it('keeps no path that a scanner asks for (F11)', async () => {
    for (let index = 0; index < 30; index++) await at(`/scan-${index}`)
    const { by_path: paths } = await (await at('/stats')).json()
    expect(Object.keys(paths).some((path) => path.includes('scan'))).toBe(false)
  })
})

describe('1.5 POST /admin/reload', () => {
  it.each(['', 'not json', '{"a":1}'])('does not look at the body %j', async (body) => {
    const answer = await at('/admin/reload', { method: 'POST', body })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      ok: true,
      providers_loaded: ['broken', 'local', 'openai'],
    })
  })

  it('tells what was skipped (F20)', async () => {
    const warnings = [{ path: ['providers', 'odd'], message: 'has no base_url' }]
    const warned = await openDoor({ legacy: true, configWarnings: () => warnings })
    const answer = await at('/admin/reload', { method: 'POST' }, warned)
    await warned.close()
    expect(await answer.json()).toEqual({ ok: true, providers_loaded: [], warnings })
  })

  it('answers 400 with what is wrong when the file cannot be read as configuration (F5)', async () => {
    reloads = async () => {
      throw new GatewayError('CONFIG_INVALID', 'providers.yaml:3:5: expected a mapping.')
    }
    const answer = await at('/admin/reload', { method: 'POST' })
    expect(answer.status).toBe(400)
    expect((await answer.json()).detail).toContain('providers.yaml:3:5')
  })
})

describe('1.6 GET /v1/models', () => {
  it('lists id, object and owner, and nothing of a provider that fails', async () => {
    const answer = await at('/v1/models')
    const openai = ['gpt-test', 'gpt-other', 'embed-test'].map((id) => ({
      id: `openai:${id}`,
      object: 'model',
      owned_by: 'openai',
    }))
    expect(await answer.json()).toEqual({
      object: 'list',
      data: [...openai, { id: 'local:llama3:8b', object: 'model', owned_by: 'local' }],
    })
  })
})

describe('1.7 chat: what is refused', () => {
  it.each<[string, string | Uint8Array]>([
    ['an empty body', ''],
    ['broken JSON', '{"model":'],
    ['a trailing comma', '{"model":"openai:x",}'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['a byte order mark', '\ufeff{"model":"openai:gpt-test"}'],
    ['NaN', '{"model":"openai:x","temperature":NaN}'],
    [
      'half a surrogate pair',
      String.raw`{"model":"openai:x","messages":[{"role":"user","content":"\ud800"}]}`,
    ],
  ])('refuses %s as invalid JSON', async (_what, body) => {
    const answer = await chat(body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ detail: 'invalid JSON' })
  })

  it.each(['[]', '"text"', '7', 'null', 'true'])(
    'refuses %s, which is no object (F5)',
    async (body) => {
      const answer = await chat(body)
      expect(answer.status).toBe(400)
      expect((await answer.json()).detail).toBeTypeOf('string')
    },
  )

  it.each<[string, unknown]>([
    ['absent', {}],
    ['blank', { model: '  ' }],
    ['a number', { model: 7 }],
    ['null', { model: null }],
    ['a list', { model: ['openai:x'] }],
  ])('refuses a model that is %s', async (_what, body) => {
    const answer = await chat(body)
    expect(answer.status).toBe(400)
    expect((await answer.json()).detail).toBeTypeOf('string')
  })

  it('refuses a prefix without a model, with an object', async () => {
    const answer = await chat({ model: 'openai: ' })
    expect(answer.status).toBe(400)
    expect((await answer.json()).detail).toEqual({
      error: expect.any(String),
      model: expect.any(String),
      suggestion: expect.any(String),
    })
  })

  it('refuses an unknown prefix, and says which there are', async () => {
    const answer = await chat({ model: 'nobody:x', messages: [] })
    expect(answer.status).toBe(400)
    expect((await answer.json()).detail).toEqual({
      error: expect.any(String),
      model: 'nobody:x',
      available_providers: expect.arrayContaining(['broken', 'local', 'openai']),
      suggestion: expect.any(String),
    })
  })

  it.each([
    ['messages that are no list', { messages: 'hi' }, 'messages'],
    ['messages of null', { messages: null }, 'messages'],
    [
      'a message that is no object',
      { messages: [{ role: 'user', content: 'a' }, 'b'] },
      'messages[1]',
    ],
    ['a message of null', { messages: [null] }, 'messages[0]'],
    ['a message that is a list', { messages: [[]] }, 'messages[0]'],
  ])('refuses %s', async (_what, over, words) => {
    const answer = await chat({ model: 'openai:gpt-test', ...over })
    expect(answer.status).toBe(400)
    expect((await answer.json()).detail).toContain(words)
  })

  it('judges the model before the messages', async () => {
    expect((await (await chat({ model: '', messages: 'no' })).json()).detail).toContain('model')
  })

  it('takes a body of exactly the limit, and refuses one byte more', async () => {
    const text = JSON.stringify(question)
    const exact = `${text.slice(0, -1)},"pad":"${'x'.repeat(100_000 - text.length - 9)}"}`
    expect(exact).toHaveLength(100_000)
    expect((await chat(exact)).status).toBe(200)
    const answer = await chat(`${exact} `)
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ detail: 'request too large' })
  })
})

describe('1.7 chat: what passes', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'does not look at the content type %s',
    async (type) => {
      expect((await chat(question, { headers: { 'content-type': type } })).status).toBe(200)
    },
  )

  it.each(['openai:gpt-test', ' openai:gpt-test ', 'openai : gpt-test', 'openai:gpt:test'])(
    'splits %j at its first colon',
    async (model) => {
      await chat({ ...question, model })
      expect(lastSent()?.body['model']).toBe(model.replace(/^\s*openai\s*:/, '').trim())
    },
  )

  it('takes absent messages for none', async () => {
    expect((await chat({ model: 'openai:gpt-test' })).status).toBe(200)
    expect(lastSent()?.body['messages']).toEqual([])
  })

  it('turns a content of null into the empty string, and nothing else', async () => {
    const text =
      '{"model":"openai:gpt-test","messages":[{"role":"user","content":"[{,"},{"big":12345678901234567890,"content":null,"x":[null]}],"n":1.0}'
    await chat(text)
    expect(lastSent()?.text).toBe(
      text.replace('"openai:gpt-test"', '"gpt-test"').replace('"content":null', '"content":""'),
    )
  })

  it.each([
    ['"false"', false],
    ['false', false],
    ['null', false],
    ['true', true],
  ])('takes stream %s as %s (F31)', async (stream, streams) => {
    double.script = (_call, response) => writeDocument(response, { choices: [] })
    const answer = await chat(`{"model":"openai:gpt-test","stream":${stream}}`)
    expect(answer.headers.get('content-type')?.startsWith('text/event-stream')).toBe(streams)
  })

  it('keeps odd values that v0.7.2 passed through', async () => {
    const odd = {
      temperature: 'hot',
      n: -3,
      max_tokens: '5',
      tools: 'none',
      messages: [{ role: 'wizard', content: 7 }],
    }
    expect((await chat({ model: 'openai:gpt-test', ...odd })).status).toBe(200)
    expect(lastSent()?.body).toEqual({ model: 'gpt-test', ...odd })
  })

  it('loses no digit on the way up or down', async () => {
    const document = '{"id":"x","choices":[],"big":12345678901234567890,"float":1.10}'
    double.script = (_call, response) => writeDocument(response, document)
    const answer = await chat(
      '{"model":"openai:gpt-test","seed":98765432109876543210,"messages":[]}',
    )
    expect(lastSent()?.text).toContain('98765432109876543210')
    expect(await answer.text()).toBe(document)
  })
})

describe('1.8 OpenAI-compatible providers', () => {
  it('sends the configured headers and the key, and nothing of the client’s', async () => {
    await chat(question, {
      headers: { authorization: 'Bearer mine', 'x-mine': '1', cookie: 'a=b' },
    })
    const { headers } = lastSent() ?? { headers: {} }
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-upstream',
      'x-title': 'router',
      'content-type': 'application/json',
    })
    expect(headers).not.toHaveProperty('x-mine')
    expect(headers).not.toHaveProperty('cookie')
  })

  it.each([200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 503, 529])(
    'keeps status %i and the JSON document',
    async (status) => {
      const document = '{"choices":[],"detail":"d","vendor":{"x":1}}'
      double.script = (_call, response) => writeDocument(response, document, { status })
      const answer = await chat(question)
      expect(answer.status).toBe(status)
      expect(await answer.text()).toBe(document)
    },
  )

  it.each([200, 502])('puts text that is not JSON under detail, with status %i', async (status) => {
    double.script = (_call, response) =>
      void response.writeHead(status, { 'content-type': 'text/html' }).end('<b>no</b>')
    const answer = await chat(question)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ detail: '<b>no</b>' })
  })

  it('passes Retry-After and rate limits on (F12), and no other header', async () => {
    const headers = {
      'retry-after': '12',
      'x-ratelimit-remaining-requests': '3',
      'set-cookie': 'a=b',
      server: 'x',
    }
    double.script = (_call, response) =>
      writeDocument(response, { error: {} }, { status: 429, headers })
    const answer = await chat(question)
    expect(answer.headers.get('retry-after')).toBe('12')
    expect(answer.headers.get('x-ratelimit-remaining-requests')).toBe('3')
    expect(answer.headers.get('set-cookie')).toBe(null)
    expect(answer.headers.get('server')).toBe(null)
  })

  it('answers 502 with detail when the provider cannot be reached (F5)', async () => {
    const answer = await chat({ ...question, model: 'broken:x' })
    expect(answer.status).toBe(502)
    expect((await answer.json()).detail).toContain('broken')
  })

  it.each(['\n', '\r\n'])(
    'passes a stream through byte for byte, line ends %j and comments included',
    async (end) => {
      const piece = '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}'
      const last =
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}'
      const text = [
        `: hello`,
        '',
        `data: ${piece}`,
        '',
        `data: ${last}`,
        '',
        'data: [DONE]',
        '',
        '',
      ].join(end)
      double.script = (_call, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
      const answer = await chat({ ...question, stream: true })
      expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(await answer.text()).toBe(text)
    },
  )

  it('adds no [DONE] to a stream that has none', async () => {
    const text =
      'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    double.script = (_call, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
    expect(await (await chat({ ...question, stream: true })).text()).toBe(text)
  })

  it.each([400, 401, 429, 500])(
    'answers a refused stream with status %i and JSON (F2)',
    async (status) => {
      double.script = (_call, response) =>
        writeDocument(response, { error: { message: 'no' } }, { status })
      const answer = await chat({ ...question, stream: true })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('content-type')).toBe('application/json')
      expect(await answer.json()).toEqual({ error: { message: 'no' } })
    },
  )
})

describe('1.9 agent, 1.10 rag, 1.12 wrapped streams', () => {
  it('forwards the whole body to the agent, its prefix included', async () => {
    const answer = await chat({ model: 'agent:mcp', messages: [], custom: 1 })
    expect((await answer.json()).choices[0].message.content).toBe('from the agent')
    expect(JSON.parse(agent.seen.at(-1)?.body ?? '')).toEqual({
      model: 'agent:mcp',
      messages: [],
      custom: 1,
    })
    expect(agent.seen.at(-1)?.headers).not.toHaveProperty('authorization')
  })

  it('makes a rag document of answer and context', async () => {
    const answer = await chat({
      model: 'rag:books',
      messages: [{ role: 'user', content: 'where' }],
      temperature: 1,
    })
    expect(await answer.json()).toEqual({
      id: expect.stringMatching(/^rag-\d+$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'rag:books',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'from the books' },
          finish_reason: 'stop',
        },
      ],
      rag_context: [{ page: 7 }],
    })
    expect(JSON.parse(rag.seen.at(-1)?.body ?? '')).toEqual({
      model: 'books',
      messages: [{ role: 'user', content: 'where' }],
    })
  })

  it.each(['agent:mcp', 'rag:books'])(
    'wraps a finished answer of %s as a stream that ends with [DONE]',
    async (model) => {
      const answer = await chat({ model, messages: [], stream: true })
      const frames = (await answer.text())
        .split('\n\n')
        .filter((each) => each !== '')
        .map((each) => each.slice(6))
      expect(frames.at(-1)).toBe('[DONE]')
      const chunks = frames.slice(0, -1).map((each) => JSON.parse(each))
      expect(chunks.map((each) => each.choices[0]?.delta.content ?? '').join('')).toContain(
        'from the',
      )
      expect(chunks.map((each) => each.choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop'])
      expect(new Set(chunks.map((each) => `${each.object} ${each.model}`))).toEqual(
        new Set([`chat.completion.chunk ${model}`]),
      )
    },
  )
})

describe('1.11 Ollama', () => {
  const ask = {
    model: 'local:llama3:8b',
    messages: [{ role: 'user', content: 'hi', name: 'x' }, { role: 'user' }],
  }

  it('sends role and content of each message', async () => {
    await chat(ask)
    expect(JSON.parse(ollama.seen.at(-1)?.body ?? '')).toMatchObject({
      model: 'llama3:8b',
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'user', content: '' },
      ],
      stream: false,
    })
    expect(ollama.seen.at(-1)?.headers).not.toHaveProperty('authorization')
  })

  it('answers with a chat completion whose model has its prefix', async () => {
    expect(await (await chat(ask)).json()).toMatchObject({
      id: expect.stringMatching(/^ollama-\d+/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'local:llama3:8b',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'from the llama' },
          finish_reason: 'stop',
        },
      ],
    })
  })

  it('streams the text, one finish reason and [DONE]', async () => {
    const frames = (await (await chat({ ...ask, stream: true })).text())
      .split('\n\n')
      .filter((each) => each !== '')
    expect(frames.at(-1)).toBe('data: [DONE]')
    const chunks = frames.slice(0, -1).map((each) => JSON.parse(each.slice(6)))
    expect(chunks.map((each) => each.choices[0]?.delta.content ?? '').join('')).toBe(
      'from the llama',
    )
    expect(chunks.flatMap((each) => each.choices[0]?.finish_reason ?? [])).toEqual(['stop'])
  })

  it.each([
    [400, false],
    [404, true],
    [500, false],
    [503, true],
  ])('keeps status %i and says what to do, streamed: %s', async (status, stream) => {
    ollamaAnswer = (response) => writeDocument(response, { error: 'model not found' }, { status })
    const answer = await chat({ ...ask, stream })
    expect(answer.status).toBe(status)
    expect((await answer.json()).detail).toEqual({
      error: expect.any(String),
      message: expect.any(String),
      model: expect.any(String),
      suggestion: expect.any(String),
      provider: 'local',
    })
  })

  it('answers 502 when Ollama sends broken JSON', async () => {
    ollamaAnswer = (response) => writeDocument(response, '{"message":')
    const answer = await chat(ask)
    expect(answer.status).toBe(502)
    expect((await answer.json()).detail).toMatchObject({
      error: expect.any(String),
      message: expect.any(String),
      suggestion: expect.any(String),
    })
  })
})

describe('1.13 auth', () => {
  it.each([
    [undefined, 401, 'missing bearer token'],
    ['', 401, 'missing bearer token'],
    ['Basic cmlnaHQ=', 401, 'missing bearer token'],
    ['right', 401, 'missing bearer token'],
    ['Bearer', 401, 'missing bearer token'],
    ['Bearer wrong', 403, 'invalid token'],
    ['Bearer RIGHT', 403, 'invalid token'],
    ['Bearer right', 200, undefined],
    ['bearer right', 200, undefined],
    ['BEARER   right  ', 200, undefined],
  ])('answers Authorization %j with %i', async (authorization, status, detail) => {
    const headers: HeadersInit = authorization === undefined ? {} : { authorization }
    const answer = await at('/v1/models', { headers }, guarded)
    expect(answer.status).toBe(status)
    expect((await answer.json()).detail).toBe(detail)
  })

  it.each(['/', '/health', '/dashboard', '/openapi.json', '/docs', '/redoc', '/livez', '/readyz'])(
    'leaves %s open',
    async (path) => {
      expect([401, 403]).not.toContain((await at(path, {}, guarded)).status)
    },
  )

  it.each([
    ['GET', '/stats'],
    ['POST', '/admin/reload'],
    ['GET', '/v1/models'],
    ['GET', '/v1/models/openai:gpt-test'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/embeddings'],
    ['GET', '/metrics'],
  ])('guards %s %s', async (method, path) => {
    expect((await at(path, { method }, guarded)).status).toBe(401)
  })

  it('is judged before the body', async () => {
    const answer = await at(
      '/v1/chat/completions',
      { method: 'POST', body: 'x'.repeat(200_000) },
      guarded,
    )
    expect(answer.status).toBe(401)
  })

  it('takes no token from the query or a cookie', async () => {
    expect(
      (await at('/v1/models?token=right', { headers: { cookie: 'token=right' } }, guarded)).status,
    ).toBe(401)
  })
})

describe('1.14 concurrency', () => {
  it('lets so many calls run, streams included, and the others wait in order (F3)', async () => {
    const limited = await openDoor({
      legacy: true,
      providers: [{ name: 'openai', baseUrl: double.baseUrl }],
      maxConcurrency: 1,
    })
    const waiting: ServerResponse[] = []
    let arrived = () => {}
    double.script = (_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(
        'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n',
      )
      waiting.push(response)
      arrived()
    }
    const post = () =>
      at(
        '/v1/chat/completions',
        { method: 'POST', body: JSON.stringify({ ...question, stream: true }) },
        limited,
      )
    const first = await post()
    const second = post()
    while (limited.slots.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(waiting).toHaveLength(1)
    const next = new Promise<void>((resolve) => (arrived = resolve))
    const end =
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    waiting[0]?.end(end)
    await Promise.all([first.text(), next])
    waiting[1]?.end(end)
    expect((await second).status).toBe(200)
    await (await second).text()
    expect(limited.slots.taken).toBe(0)
    await limited.close()
  })
})
