import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAiDouble, type OpenAiDouble } from '#test/support/openai-double.ts'
import { rawRequest } from '#test/support/raw-http.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

let double: OpenAiDouble
let door: RestDoor

beforeAll(async () => {
  double = await openAiDouble()
  door = await openDoor({
    providers: [{ name: 'openai', baseUrl: double.baseUrl }],
    maxBodyBytes: 2_000_000,
  })
})

afterAll(async () => {
  await door.close()
  await double.close()
})

const post = (path: string, body: string) => fetch(door.origin + path, { method: 'POST', body })
const chat = (over: object) =>
  post('/v1/chat/completions', JSON.stringify({ model: 'openai:gpt-test', messages: [], ...over }))
const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })
const image = (url: unknown) =>
  user([
    { type: 'text', text: 'what' },
    { type: 'image_url', image_url: { url } },
  ])

describe('a chat request', () => {
  it.each<[object, string]>([
    [{ n: 1e9 }, 'n'],
    [{ n: 0 }, 'n'],
    [{ n: 1.5 }, 'n'],
    [{ n: '1' }, 'n'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_tokens: '5' }, 'max_tokens'],
    [{ max_tokens: 1e30 }, 'max_tokens'],
    [{ max_completion_tokens: -5 }, 'max_completion_tokens'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ top_p: [] }, 'top_p'],
    [{ stream: 'false' }, 'stream'],
    [{ stream: 1 }, 'stream'],
    [{ stream_options: true }, 'stream_options'],
    [{ stream_options: { include_usage: 'yes' } }, 'stream_options.include_usage'],
    [{ stop: 7 }, 'stop'],
    [{ stop: [7] }, 'stop[0]'],
    [{ messages: null }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: {} }, 'messages'],
    [{ messages: ['hi'] }, 'messages[0]'],
    [{ messages: [{ content: 'no role' }] }, 'messages[0].role'],
    [
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'wizard', content: 'b' },
        ],
      },
      'messages[1].role',
    ],
    [user(7), 'messages[0].content'],
    [user({}), 'messages[0].content'],
    [user(['text']), 'messages[0].content[0]'],
    [user([{ text: 'no type' }]), 'messages[0].content[0].type'],
    [user([{ type: 'text', text: 7 }]), 'messages[0].content[0].text'],
    [image('file:///etc/passwd'), 'messages[0].content[1].image_url.url'],
    [image(' FILE:/etc/passwd'), 'messages[0].content[1].image_url.url'],
    [image('ftp://example.com/a.png'), 'messages[0].content[1].image_url.url'],
    [image('javascript:alert(1)'), 'messages[0].content[1].image_url.url'],
    [image(7), 'messages[0].content[1].image_url.url'],
    [{ messages: [{ role: 'assistant', tool_calls: 'x' }] }, 'messages[0].tool_calls'],
    [
      {
        messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: {} } }] }],
      },
      'messages[0].tool_calls[0].function.arguments',
    ],
    [{ tools: 'none' }, 'tools'],
    [{ tools: [{}] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0]'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [
      { tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] },
      'tools[0].function.parameters',
    ],
    [{ user: 7 }, 'user'],
    [{ model: 'openai:\u0000' }, 'model'],
    [{ model: `openai:${'x'.repeat(1000)}` }, 'model'],
  ])('%j is refused with the path of the field', async (over, param) => {
    const calls = double.calls.length
    const answer = await chat(over)
    expect(answer.status).toBe(400)
    const body = await answer.json()
    expect(body.error).toMatchObject({
      param,
      type: 'invalid_request_error',
      request_id: answer.headers.get('x-request-id'),
    })
    expect(double.calls).toHaveLength(calls)
  })

  it.each<[string, object]>([
    ['data URLs', image('data:image/png;base64,AAAA')],
    ['https URLs', image('https://example.com/a.png')],
    ['bare base64', image('iVBORw0KGgo=')],
    ['null fields', { n: null, temperature: null, tools: null, stop: null, max_tokens: null }],
    ['vendor tools', { tools: [{ type: 'web_search', filters: {} }] }],
    ['unknown fields', { vendor: { deep: [1, { x: null }] } }],
    ['unknown parts', user([{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }])],
    ['empty tool answers', { messages: [{ role: 'tool', tool_call_id: 'c', content: '' }] }],
    [
      'assistant messages without content',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
        ],
      },
    ],
  ])('passes %s on', async (_what, over) => {
    expect((await chat(over)).status).toBe(200)
    expect(double.calls.at(-1)?.body).toEqual({ model: 'gpt-test', messages: [], ...over })
  })

  it.each<[string, string]>([
    [
      '100,000 levels',
      `{"model":"openai:gpt-test","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ],
    ['100,000 open levels', '{"a":'.repeat(100_000)],
    ['a key twice', '{"model":"openai:gpt-test","model":"openai:other"}'],
    [
      'a key twice, escaped once',
      String.raw`{"model":"openai:gpt-test","mod\u0065l":"openai:other"}`,
    ],
    [
      'a key twice in a message',
      '{"model":"openai:gpt-test","messages":[{"role":"user","role":"system","content":""}]}',
    ],
    ['a lone high surrogate', String.raw`{"model":"openai:gpt-test","x":"\udbff"}`],
    ['a lone low surrogate', String.raw`{"model":"openai:gpt-test","x":"\udfff"}`],
    ['a string without an end', '{"model":"openai:gpt-test'],
    ['Infinity', '{"model":"openai:gpt-test","n":Infinity}'],
    ['a comment', '{"model":"openai:gpt-test"/*x*/}'],
    ['two documents', '{"model":"openai:gpt-test"}{}'],
  ])('with %s is refused as invalid JSON', async (_what, body) => {
    const answer = await post('/v1/chat/completions', body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      detail: 'invalid JSON',
      error: { code: 'invalid_request' },
    })
  })

  it('keeps __proto__ a key like any other', async () => {
    const answer = await post(
      '/v1/chat/completions',
      '{"model":"openai:gpt-test","__proto__":{"stream":true},"constructor":{"prototype":{"x":1}}}',
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(({} as { stream?: unknown }).stream).toBe(undefined)
  })
})

describe('an embeddings request', () => {
  it.each<[object, string]>([
    [{}, 'input'],
    [{ input: null }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: [{}] }, 'input[0]'],
    [{ input: ['a', 7] }, 'input'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', encoding_format: 7 }, 'encoding_format'],
  ])('%j is refused with the path of the field', async (over, param) => {
    const answer = await post(
      '/v1/embeddings',
      JSON.stringify({ model: 'openai:embed-test', ...over }),
    )
    expect(answer.status).toBe(400)
    expect((await answer.json()).error.param).toContain(param)
  })
})

describe('a head', () => {
  const get = (lines: string, path = '/v1/models') =>
    rawRequest(door.port, `GET ${path} HTTP/1.1\r\n${lines}\r\n\r\n`, { until: /\r\n\r\n.*\}$/s })
  const host = () => `Host: 127.0.0.1:${door.port}`

  it.each([
    'a/b',
    'localhost?x',
    'localhost#x',
    'evil@localhost',
    'localhost:80:80',
    'local host',
    '',
    '[::1',
    'localhost:99999999',
  ])('with Host %j is refused with 400', async (value) => {
    expect((await get(`Host: ${value}`)).status).toBe(400)
  })

  it.each([
    'evil.example',
    'evil.example:5455',
    'localhost.evil.example',
    '10.0.0.7',
    '127.0.0.1.nip.io',
  ])('with the foreign Host %s is refused with 421', async (value) => {
    const answer = await get(`Host: ${value}`)
    expect(answer.status).toBe(421)
    expect(JSON.parse(answer.body).detail).toContain('ORCHESTRATOR_ALLOWED_HOSTS')
  })

  it.each([
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:9',
    '127.9.9.9',
    '[::1]:5455',
    'app.localhost',
    'localhost.',
    'host.docker.internal:5455',
  ])('with our own Host %s passes', async (value) => {
    expect((await get(`Host: ${value}`)).status).toBe(200)
  })

  it('without a Host, or with two, is refused with 400', async () => {
    expect((await get('X: 1')).status).toBe(400)
    expect((await get(`${host()}\r\nHost: evil.example`)).status).toBe(400)
  })

  it('of 64 kB is refused with 431, named and timed', async () => {
    const answer = await get(`${host()}\r\nX-Large: ${'x'.repeat(65_536)}`)
    expect(answer.status).toBe(431)
    expect(answer.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/)
    expect(JSON.parse(answer.body).detail).toBe('request headers too large')
  })

  it.each<[string, string]>([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['an unknown encoding', 'Transfer-Encoding: xchunked\r\nContent-Length: 5'],
    ['a length that is no number', 'Content-Length: 0x5'],
    ['a space before the colon', 'Content-Length : 5'],
    ['a folded line', 'X: a\r\n b'],
    ['a NUL', 'X: a\u0000b'],
  ])('with %s is refused with 400', async (_what, lines) => {
    const answer = await rawRequest(
      door.port,
      `POST /v1/chat/completions HTTP/1.1\r\n${host()}\r\n${lines}\r\n\r\nhello`,
      { until: /\}$/ },
    )
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toHaveProperty('detail')
  })

  it.each(['/v1%2fmodels', '/v1%2Fchat%2Fcompletions', '/v1%5Cmodels', '/v1/chat%00', '/%zz'])(
    'with the path %s is refused with 400',
    async (path) => {
      expect((await get(host(), path)).status).toBe(400)
    },
  )

  it.each(['/v1/./models', '/v1/../v1/models', '/v1//models', '/%76%31/models', '/v1/models%20'])(
    'with the path %s finds nothing',
    async (path) => {
      expect((await get(host(), path)).status).toBe(404)
    },
  )
})

describe('a body', () => {
  it('that declares too much is refused before it is read', async () => {
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n`
    const answer = await rawRequest(door.port, head, { until: /\}$/ })
    expect(answer.status).toBe(413)
    expect(answer.headers['connection']).toBe('close')
  })

  it('that grows too large without a length is refused while it comes', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)),
    })
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' }
    const answer = await fetch(`${door.origin}/v1/chat/completions`, init).catch(
      (error: unknown) => error,
    )
    const seen = answer instanceof Response ? answer.status : 'the connection was cut'
    expect([413, 'the connection was cut']).toContain(seen)
    expect(door.crashes).toEqual([])
  })

  it('that breaks off leaves nothing behind', async () => {
    const before = door.records.begun.length
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"model"'
    const answer = await rawRequest(door.port, head, { thenEnd: true })
    expect(answer.status).toBe(400)
    expect((await fetch(`${door.origin}/livez`)).status).toBe(200)
    expect(door.records.begun).toHaveLength(before)
  })
})

it('never answers bad input with 500', () => {
  expect(door.crashes).toEqual([])
})
