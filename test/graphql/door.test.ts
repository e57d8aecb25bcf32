import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import { AcceptedTypes } from '#graphql/accepted-types.ts'
import { createDoor } from '#graphql/door.ts'
import { Documents } from '#graphql/documents.ts'
import { schema } from '#graphql/schema.ts'
import { createEngine } from '#graphql/yoga.ts'
import { readBody } from '#http/body.ts'
import { adminViewer, scriptedAdapter } from '../support/fake-gateway.ts'
import { type GraphqlServer, post, startGraphqlServer } from '../support/graphql-server.ts'

const input = { model: 'openai:gpt-test', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] }
const create = `mutation M($input: CompletionInput!) { createCompletion(input: $input) {
  __typename
  ... on CreateCompletionSuccess { completion { text finishReason usage { totalTokens } cost { total } attempts { status } } }
  ... on Error { message code retryable }
  ... on ValidationError { issues { path message } }
} }`

let server: GraphqlServer
let url: string
let close: () => void
let slow = 0

/** The door alone, with its slow lane counted. */
beforeAll(async () => {
  server = await startGraphqlServer()
  const log = { error: () => {} }
  const documents: Documents = new Documents(() => yoga.getEnveloped({}).schema)
  const acceptedTypes = new AcceptedTypes()
  const yoga = createEngine({ schema, documents, acceptedTypes, log })
  const counted = new Proxy(yoga, {
    get(target, name) {
      if (name === 'handle') slow++
      return Reflect.get(target, name) as unknown
    },
  })
  const door = createDoor({
    services: server.services,
    documents,
    acceptedTypes,
    yoga: counted,
    log,
    readBody,
    maxBodyBytes: 100_000,
  })
  const listener = createServer((request, response) => {
    const context = {
      id: '019a0000-0000-7000-8000-00000000aaaa',
      viewer: adminViewer,
      clientIp: null,
      startedAt: 0,
    }
    door.handle(request, response, context).catch((error: GatewayError) => {
      response.writeHead(error.status).end(
        JSON.stringify({
          errors: [{ message: error.message, extensions: { code: error.code } }],
        }),
      )
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/graphql`
  close = () => void listener.close()
})
afterAll(async () => {
  close()
  await server.close()
})

/** What both lanes answer to one request: the same, but for the order of keys. */
async function bothLanes(body: object, headers?: Record<string, string>) {
  const answers = []
  for (let time = 0; time < 4; time++) {
    const before = slow
    const { status, json, headers: answered } = await post(url, body, headers)
    answers.push({
      lane: slow > before ? 'slow' : 'fast',
      status,
      json,
      type: answered.get('content-type'),
    })
  }
  return { first: answers[0]!, last: answers.at(-1)! }
}

describe('an operation that comes again', () => {
  it.each<[string, { query: string; variables?: object; operationName?: string }]>([
    ['a mutation', { query: create, variables: { input } }],
    [
      'a mutation that is refused',
      { query: `${create} # refused`, variables: { input: { ...input, maxOutputTokens: -1 } } },
    ],
    [
      'literals',
      {
        query: `mutation { createCompletion(input: {model: "m", messages: [{role: USER, content: [{text: "x"}]}], metadata: {a: 1}}) { __typename } }`,
      },
    ],
    [
      'variables inside a JSON literal',
      {
        query:
          'mutation($x: String) { createCompletion(input: {model: "m", messages: [], metadata: {a: [$x]}}) { __typename ... on Error { message } } }',
        variables: { x: 'y' },
      },
    ],
    [
      'a missing optional variable',
      {
        query:
          'query($s: String, $p: Boolean! = true) { models(search: $s) { totalCount @include(if: $p) } }',
      },
    ],
    [
      'a default',
      {
        query:
          'query($f: Int = 1) { models(first: $f) { edges { node { slug capabilities price { cacheReadPerMillion cacheWritePerMillion } } } } }',
      },
    ],
    [
      'skip and include',
      {
        query:
          'query($y: Boolean!) { server { version @skip(if: $y) nodeVersion @include(if: $y) } }',
        variables: { y: true },
      },
    ],
    [
      'interfaces and fragments',
      {
        query:
          '{ node(id: "UHJvdmlkZXI6b3BlbmFp") { ...P } } fragment P on Node { __typename id ... on Provider { name health { state } } }',
      },
    ],
    [
      'aliases and lists',
      {
        query:
          '{ a: providers { name } b: providers { name models { edges { node { id provider { id } } } } } }',
      },
    ],
    [
      'the named one of several',
      {
        query:
          'query A { server { version } } query B { viewer { displayName tenant { id slug } } }',
        operationName: 'B',
      },
    ],
    [
      'an error below a nullable field',
      { query: '{ node(id: "forged") { id } server { version } }' },
    ],
    ['an error that empties the data', { query: '{ models(first: 9999) { totalCount } }' }],
    [
      'nested input objects',
      {
        query: 'query($f: RequestFilter!) { requests(filter: $f) { totalCount edges { cursor } } }',
        variables: {
          f: { time: { relative: { from: 'now-1h' } }, cost: { gt: 0.5 }, provider: { in: ['a'] } },
        },
      },
    ],
  ])('is answered alike by both lanes: %s', async (_name, body) => {
    const { first, last } = await bothLanes(body)
    expect([first.lane, last.lane]).toEqual(['slow', 'fast'])
    expect({ ...last, lane: '' }).toEqual({ ...first, lane: '' })
  })

  it.each<[string, object]>([
    ['variables that do not fit', { query: create, variables: { input: { model: 1 } } }],
    [
      'an input of which exactly one field is to be given',
      {
        query: create,
        variables: {
          input: {
            ...input,
            messages: [{ role: 'USER', content: [{ text: 'a', imageUrl: 'https://b' }] }],
          },
        },
      },
    ],
    [
      'an operation that is not there',
      { query: 'query A { server { version } }', operationName: 'B' },
    ],
    ['an invalid document', { query: '{ nothing }' }],
    [
      'a document beyond the limits',
      {
        query: `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: server { version }`).join(' ')} }`,
      },
    ],
    ['introspection', { query: '{ __schema { queryType { name } } }' }],
    ['an unknown parameter', { query: '{ server { version } }', more: 1 }],
    ['a batch', [{ query: '{ server { version } }' }]],
    ['no query', {}],
  ])('goes the slow way, and is answered alike each time: %s', async (_name, body) => {
    const { first, last } = await bothLanes(body)
    expect([first.lane, last.lane]).toEqual(['slow', 'slow'])
    expect(last).toEqual(first)
  })

  it.each([
    '*/*',
    'application/graphql-response+json',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
  ])('has the same content type in both lanes: %s', async (accept) => {
    const { first, last } = await bothLanes({ query: '{ server { version } }' }, { accept })
    expect([first.lane, last.lane]).toEqual(['slow', 'fast'])
    expect(last.type).toBe(first.type)
  })
})

describe('a body', () => {
  it.each([
    ['empty', ''],
    ['no JSON', '{'],
    ['a key twice', '{"query":"{ server { version } }","query":"{ viewer { id } }"}'],
    ['100,000 levels', `{"query":"{a}","variables":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
    ['half a surrogate pair', String.raw`{"query":"{a}","variables":{"x":"\ud800"}}`],
    ['NaN', '{"query":"{a}","variables":{"x":NaN}}'],
  ])('is refused with 400: %s', async (_name, body) => {
    const { status, json } = await post(url, body)
    expect({ status, code: json.errors?.[0]?.extensions['code'] }).toEqual({
      status: 400,
      code: 'INVALID_REQUEST',
    })
  })

  it('that is too large is refused with 413', async () => {
    expect(
      (await post(url, { query: '{ server { version } }', variables: { x: 'y'.repeat(200_000) } }))
        .status,
    ).toBe(413)
  })

  it.each(['application/graphql', 'application/x-www-form-urlencoded'])(
    'of another kind is bounded as well: %s',
    async (type) => {
      const headers = { 'content-type': type, 'x-graphql-yoga-csrf': '1' }
      const text = `query=${'#'.repeat(200_000)}`
      const whole = await fetch(url, { method: 'POST', body: text, headers })
      const endless = { body: new Blob([text]).stream(), duplex: 'half' } as const
      const streamed = await fetch(url, { method: 'POST', headers, ...endless })
      expect([whole.status, streamed.status]).toEqual([413, 400])
    },
  )

  it.each([
    ['application/x-www-form-urlencoded', 'query=mutation{__typename}'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n{__typename}\r\n--x--',
    ],
    ['text/plain', '{"query":"{ __typename }"}'],
  ])('that a foreign form could send is refused: %s', async (type, body) => {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
    expect(response.status).toBe(403)
  })

  it('of an unknown kind is refused with 415', async () => {
    const response = await fetch(url, {
      method: 'POST',
      body: '<a/>',
      headers: { 'content-type': 'application/xml' },
    })
    expect(response.status).toBe(415)
  })
})

describe('GET', () => {
  it('answers queries, and refuses mutations with 405 and Allow', async () => {
    const query = await fetch(`${url}?query=${encodeURIComponent('{ server { version } }')}`)
    expect(await query.json()).toEqual({ data: { server: { version: '0.8.0' } } })
    const mutation = await fetch(`${url}?query=${encodeURIComponent('mutation { __typename }')}`)
    expect([mutation.status, mutation.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it.each(['variables={{', 'extensions=[', 'variables=%00', 'variables={"a":1,"a":2}'])(
    'is refused with 400 when its JSON is none: %s',
    async (rest) => {
      const response = await fetch(`${url}?query={__typename}&${rest}`)
      const { errors } = (await response.json()) as { errors: { extensions: object }[] }
      expect([response.status, errors[0]?.extensions]).toMatchObject([
        400,
        { code: 'INVALID_REQUEST' },
      ])
    },
  )

  it('answers nothing across origins', async () => {
    const response = await fetch(`${url}?query={__typename}`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('errors', () => {
  it('that nobody expected are masked, logged and keep their request id', async () => {
    const broken = await startGraphqlServer({
      adapter: scriptedAdapter(async () => {
        throw new Error('the secret is swordfish')
      }),
    })
    for (let time = 0; time < 3; time++) {
      const { json, headers } = await post(broken.url, { query: create, variables: { input } })
      expect(JSON.stringify(json)).not.toContain('swordfish')
      expect(json.errors?.[0]?.extensions).toEqual({
        code: 'INTERNAL',
        requestId: headers.get('x-request-id'),
      })
      expect(broken.logged.at(-1)?.fields).toMatchObject({
        err: { message: 'the secret is swordfish' },
        requestId: headers.get('x-request-id'),
      })
    }
    await broken.close()
  })

  it('blame the request for a null variable where the argument has only a default', async () => {
    const body = {
      query: `query ($limit: Int) {
        errorGroups(filter: { time: { relative: { from: "now-1h" } } }, limit: $limit) { count } }`,
      variables: { limit: null },
    }
    for (const { json } of Object.values(await bothLanes(body))) {
      expect(json.errors?.[0]).toMatchObject({
        message: 'Argument "limit" of non-null type "Int!" must not be null.',
        extensions: { code: 'INVALID_REQUEST' },
      })
    }
  })

  it('name no field that exists: there are no suggestions', async () => {
    const { json } = await post(url, { query: '{ provider(nam: "x") { nme } }' })
    expect(json.errors?.map(({ message }) => message).join(' ')).not.toMatch(/did you mean/i)
    const variables = await post(url, {
      query: create,
      variables: { input: { ...input, temprature: 1 } },
    })
    expect(JSON.stringify(variables.json)).not.toMatch(/did you mean/i)
  })
})

describe('a server with a token', () => {
  it('answers 401 without it, and lets only administrators look at the schema', async () => {
    const guarded = await startGraphqlServer({ token: 'a-long-token' })
    const query = { query: '{ __schema { queryType { name } } }' }
    const refused = await post(guarded.url, query)
    expect([
      refused.status,
      refused.json.errors?.[0]?.extensions['code'],
      refused.headers.get('www-authenticate'),
    ]).toEqual([401, 'UNAUTHENTICATED', 'Bearer'])
    const admitted = await post(guarded.url, query, { authorization: 'Bearer a-long-token' })
    expect(admitted.json.data).toEqual({ __schema: { queryType: { name: 'Query' } } })
    await guarded.close()
  })
})

describe('GraphiQL', () => {
  it('comes whole from this server to a browser', async () => {
    const response = await fetch(url, { headers: { accept: 'text/html,*/*' } })
    const page = await response.text()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(page).toContain('<title>AI Orchestrator</title>')
    expect(page).not.toMatch(/(?:src|href)="https?:/)
  })
})
