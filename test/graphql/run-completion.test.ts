import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ErrorCode, GatewayError } from '#domain/errors.ts'
import { answerOf, endChunk, scriptedAdapter, textChunk } from '../support/fake-gateway.ts'
import {
  type GraphqlServer,
  type GraphqlServerOptions,
  post,
  startGraphqlServer,
} from '../support/graphql-server.ts'
import { openTap } from '../support/tap-provider.ts'

const input = { model: 'openai:gpt-test', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] }
const create = `mutation M($input: CompletionInput!) { createCompletion(input: $input) {
  __typename
  ... on CreateCompletionSuccess { completion { id text reasoning refusal toolCalls { id name argumentsJson } citations { url title } finishReason model providerName request { requestId surface endUser tags metadata } } }
  ... on Error { message code retryable requestId }
  ... on ValidationError { issues { path message } }
  ... on OverloadedError { retryAfterMs }
  ... on ProviderFailureError { attempts { index status error { code httpStatus } } }
} }`

const open: GraphqlServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(options: GraphqlServerOptions = {}) {
  const server = await startGraphqlServer(options)
  open.push(server)
  const ask = async (over: object = {}, headers: Record<string, string> = {}) => {
    const { json } = await post(
      server.url,
      { query: create, variables: { input: { ...input, ...over } } },
      headers,
    )
    return json.data?.['createCompletion'] as Record<string, Record<string, unknown>> | undefined
  }
  return { ...server, ask }
}

const failing = (code: ErrorCode, details = {}) =>
  scriptedAdapter(async (call) => {
    call.onSent()
    throw new GatewayError(code, `it was ${code}`, details)
  })

describe('createCompletion', () => {
  it('answers with everything that the model produced', async () => {
    const { ask } = await start({
      adapter: scriptedAdapter(async (call) => {
        call.onSent()
        return answerOf(
          (async function* () {
            yield {
              producedBytes: 10,
              events: [
                { type: 'reasoning', text: 'hm' },
                { type: 'text', text: 'so' },
                { type: 'tool-call', index: 0, id: 'c', name: 'f', argumentsDelta: '{}' },
                { type: 'citation', url: 'https://example.com', title: null },
              ],
            }
            yield endChunk({ finishReason: 'TOOL_CALLS', servedModel: 'gpt-test-2026' })
          })(),
        )
      }),
    })
    expect(await ask({ endUser: 'ada', tags: ['a', 'a'], metadata: { k: [1] } })).toMatchObject({
      __typename: 'CreateCompletionSuccess',
      completion: {
        text: 'so',
        reasoning: 'hm',
        refusal: null,
        toolCalls: [{ id: 'c', name: 'f', argumentsJson: '{}' }],
        citations: [{ url: 'https://example.com', title: null }],
        finishReason: 'TOOL_CALLS',
        model: 'gpt-test-2026',
        providerName: 'openai',
        request: { surface: 'GRAPHQL', endUser: 'ada', tags: ['a'], metadata: { k: [1] } },
      },
    })
  })

  it('is one call for each field, the first under the request’s own id', async () => {
    const { url, records } = await start()
    const one =
      'createCompletion(input: {model: "m", messages: []}) { ... on CreateCompletionSuccess { completion { id } } }'
    const { json, headers } = await post(url, { query: `mutation { a: ${one} b: ${one} }` })
    const ids = Object.values(json.data ?? {}).map(
      (answer) => (answer as { completion: { id: string } }).completion.id,
    )
    expect(ids[0]).toBe(headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(2)
    expect(records.ended.map(({ id }) => id)).toEqual(ids)
  })

  it('counts as the playground’s where the dashboard says so', async () => {
    const { ask, records } = await start()
    await ask({}, { 'x-orchestrator-surface': 'playground' })
    expect(records.ended[0]?.surface).toBe('PLAYGROUND')
  })

  it('continues the caller’s trace', async () => {
    const { ask, records } = await start()
    await ask({}, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })
    expect(records.ended[0]?.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  })

  it('stops the call when its caller has gone', async () => {
    const tap = openTap()
    const { records, url } = await start({ adapter: tap.adapter })
    const gone = new AbortController()
    const request = fetch(url, {
      method: 'POST',
      signal: gone.signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: create, variables: { input } }),
    }).catch((error: Error) => error.name)
    await vi.waitFor(() => expect(tap.calls).toHaveLength(1), { interval: 2 })
    gone.abort()
    expect(await request).toBe('AbortError')
    await vi.waitFor(() => expect(records.ended).toMatchObject([{ status: 'CANCELLED' }]), {
      interval: 2,
    })
  })
})

describe('a refusal', () => {
  it.each<[ErrorCode, string, object]>([
    [
      'PROVIDER_UNAVAILABLE',
      'ProviderFailureError',
      {
        retryable: true,
        attempts: [
          { index: 0, status: 'FAILED', error: { code: 'PROVIDER_UNAVAILABLE', httpStatus: null } },
        ],
      },
    ],
    ['PROVIDER_TIMEOUT', 'ProviderFailureError', { attempts: [{ status: 'TIMED_OUT' }] }],
    ['PROVIDER_REJECTED', 'ProviderFailureError', { retryable: false }],
    ['PROVIDER_AUTH', 'ProviderFailureError', {}],
    ['MODEL_NOT_FOUND', 'RefusedError', { retryable: false }],
    ['CONTEXT_LENGTH_EXCEEDED', 'RefusedError', {}],
    ['CONTENT_BLOCKED', 'RefusedError', {}],
    ['QUEUE_FULL', 'OverloadedError', { retryable: true, retryAfterMs: 1000 }],
    ['OVERLOADED', 'OverloadedError', { retryAfterMs: 1000 }],
    ['FORBIDDEN', 'ForbiddenError', {}],
  ])('%s is data: a %s', async (code, type, more) => {
    const { ask, records } = await start({ adapter: failing(code) })
    expect(await ask()).toMatchObject({
      __typename: type,
      code,
      message: `it was ${code}`,
      requestId: records.ended[0]?.id,
      ...more,
    })
  })

  it('of the input is data with the path of each field, and calls nobody', async () => {
    const { ask, records } = await start()
    expect(await ask({ maxOutputTokens: -1, idempotencyKey: '' })).toMatchObject({
      __typename: 'ValidationError',
      code: 'INVALID_REQUEST',
      issues: [{ path: ['input', 'maxOutputTokens'] }, { path: ['input', 'idempotencyKey'] }],
    })
    expect(records.ended).toEqual([])
  })

  it('for want of a scope is data too, and names it', async () => {
    const { url, records } = await start({ scopes: ['read'] })
    const query =
      'mutation { createCompletion(input: {model: "m", messages: []}) { __typename ... on ForbiddenError { code missingScopes } } }'
    const { json } = await post(url, { query })
    expect(json.data).toEqual({
      createCompletion: {
        __typename: 'ForbiddenError',
        code: 'FORBIDDEN',
        missingScopes: ['complete'],
      },
    })
    expect(records.ended).toEqual([])
  })
})

describe('a viewer without the scope', () => {
  it.each([
    ['{ providers { name } }', ['complete'] as const],
    [
      '{ requests(filter: {time: {relative: {from: "now-1h"}}}) { totalCount } }',
      ['complete'] as const,
    ],
    ['{ node(id: "UHJvdmlkZXI6b3BlbmFp") { id } }', ['complete'] as const],
  ])('is refused %s', async (query, scopes) => {
    const { url } = await start({ scopes })
    const { json } = await post(url, { query })
    expect(json.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', missingScopes: ['read'] } },
    ])
    expect(Object.values(json.data ?? {}).filter((value) => value !== null)).toEqual([])
  })

  it('sees neither the schema nor where providers are', async () => {
    const { url } = await start({ scopes: ['read'] })
    const schema = await post(url, { query: '{ __schema { queryType { name } } }' })
    expect(schema.json.errors?.[0]?.extensions['code']).toBe('INVALID_REQUEST')
    const { json } = await post(url, { query: '{ providers { name baseUrl } }' })
    expect(json.data).toEqual({ providers: [{ name: 'openai', baseUrl: null }] })
  })
})

describe('an idempotency key', () => {
  it('makes one call of many at once and later, and the same answer for all', async () => {
    const tap = openTap()
    const { ask, records } = await start({ adapter: tap.adapter })
    const answers = Promise.all([
      ask({ idempotencyKey: 'k' }),
      ask({ idempotencyKey: 'k' }),
      ask({ idempotencyKey: 'k' }),
    ])
    await vi.waitFor(() => expect(tap.calls).toHaveLength(1), { interval: 2 })
    tap.write(textChunk('once'), endChunk())
    const all = [...(await answers), await ask({ idempotencyKey: 'k' })]
    for (const answer of all) expect(answer).toEqual(all[0])
    expect(all[0]?.['completion']?.['text']).toBe('once')
    expect([tap.calls.length, records.ended.length]).toEqual([1, 1])
  })

  it('is refused with another input', async () => {
    const { ask } = await start()
    await ask({ idempotencyKey: 'k' })
    expect(await ask({ idempotencyKey: 'k', temperature: 1 })).toMatchObject({
      __typename: 'RefusedError',
      code: 'IDEMPOTENCY_CONFLICT',
    })
  })
})

describe('startCompletion', () => {
  it('says at once what is refused', async () => {
    const { url } = await start({ adapter: failing('PROVIDER_NETWORK'), services: {} })
    const query =
      'mutation { startCompletion(input: {model: " ", messages: []}) { __typename ... on ValidationError { issues { path } } } }'
    expect((await post(url, { query })).json.data).toEqual({
      startCompletion: { __typename: 'ValidationError', issues: [{ path: ['input', 'model'] }] },
    })
  })
})

describe('over plain HTTP', () => {
  it('a completion streams as server-sent events, and stops when its reader goes', async () => {
    const tap = openTap()
    const { url, records } = await start({ adapter: tap.adapter })
    const query =
      'subscription S($input: CompletionInput!) { completionStream(input: $input) { __typename seq ... on CompletionTextDelta { text } } }'
    const gone = new AbortController()
    const response = await fetch(url, {
      method: 'POST',
      signal: gone.signal,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables: { input } }),
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    tap.write(textChunk('hel'))
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('"text":"hel"')) text += (await reader?.read())?.value ?? ''
    gone.abort()
    await vi.waitFor(() => expect(records.ended).toMatchObject([{ status: 'CANCELLED' }]), {
      interval: 2,
    })
  })

  it('what goes on is cut for a viewer who lost a right, and for no other', async () => {
    const { graphql, url } = await start()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { liveMetrics { inFlight } }' }),
    })
    const ended = response.text().catch(() => 'cut')
    graphql.revoke(() => false)
    await expect(Promise.race([ended, Promise.resolve('goes on')])).resolves.toBe('goes on')
    graphql.revoke(({ displayName }) => displayName === 'local')
    await expect(ended).resolves.toBe('cut')
  })

  it('a mutation’s @defer comes in parts', async () => {
    const { url } = await start()
    const query =
      'mutation { createCompletion(input: {model: "m", messages: []}) { ... on CreateCompletionSuccess { completion { text ... @defer { id usage { totalTokens } } } } } }'
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'multipart/mixed' },
      body: JSON.stringify({ query }),
    })
    const text = await response.text()
    expect(response.headers.get('content-type')).toContain('multipart/mixed')
    expect(text.match(/"totalTokens":15/g)).toHaveLength(1)
    expect(text.indexOf('"text":"hello"')).toBeLessThan(text.indexOf('"totalTokens"'))
  })
})
