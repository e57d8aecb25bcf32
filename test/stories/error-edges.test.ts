import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ErrorCode,
  errorRules,
  GatewayError,
  type GatewayErrorDetails,
} from '#domain/errors.ts'
import { exitCodeOf } from '#domain/exit-code.ts'
import { answerOf, endChunk, scriptedAdapter, textChunk } from '#test/support/fake-gateway.ts'
import { type GraphqlServer, post, startGraphqlServer } from '#test/support/graphql-server.ts'
import { RawSocket } from '#test/support/graphql-socket.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

/** HTTP status, OpenAI's `type` and `code`, the member of GraphQL's unions, and how a command ends. */
type Edges = readonly [number, string, string, string, 1 | 2]

/** Every code at every edge. */
const edges: Readonly<Record<ErrorCode, Edges>> = {
  INVALID_REQUEST: [400, 'invalid_request_error', 'invalid_request', 'ValidationError', 2],
  NOT_FOUND: [404, 'invalid_request_error', 'not_found', 'NotFoundError', 2],
  CONFLICT: [409, 'invalid_request_error', 'conflict', 'RefusedError', 2],
  IDEMPOTENCY_CONFLICT: [422, 'invalid_request_error', 'idempotency_conflict', 'RefusedError', 2],
  UNAUTHENTICATED: [401, 'authentication_error', 'unauthenticated', 'ForbiddenError', 2],
  FORBIDDEN: [403, 'permission_error', 'forbidden', 'ForbiddenError', 2],
  BUDGET_EXCEEDED: [402, 'insufficient_quota', 'insufficient_quota', 'RefusedError', 1],
  BUDGET_BUSY: [429, 'rate_limit_error', 'budget_busy', 'OverloadedError', 1],
  QUOTA_EXCEEDED: [429, 'rate_limit_error', 'quota_exceeded', 'RefusedError', 1],
  RATE_LIMITED: [429, 'rate_limit_error', 'rate_limited', 'RateLimitedError', 1],
  QUEUE_FULL: [503, 'server_error', 'queue_full', 'OverloadedError', 1],
  OVERLOADED: [503, 'server_error', 'overloaded', 'OverloadedError', 1],
  UNPRICED_MODEL: [400, 'invalid_request_error', 'unpriced_model', 'RefusedError', 2],
  MODEL_NOT_FOUND: [404, 'invalid_request_error', 'model_not_found', 'RefusedError', 2],
  CONTEXT_LENGTH_EXCEEDED: [
    400,
    'invalid_request_error',
    'context_length_exceeded',
    'RefusedError',
    2,
  ],
  CONTENT_BLOCKED: [400, 'invalid_request_error', 'content_blocked', 'RefusedError', 2],
  PROVIDER_AUTH: [502, 'authentication_error', 'provider_auth', 'ProviderFailureError', 1],
  PROVIDER_RATE_LIMITED: [
    429,
    'rate_limit_error',
    'provider_rate_limited',
    'ProviderFailureError',
    1,
  ],
  PROVIDER_QUOTA: [429, 'insufficient_quota', 'provider_quota', 'ProviderFailureError', 1],
  PROVIDER_REJECTED: [400, 'invalid_request_error', 'provider_rejected', 'ProviderFailureError', 2],
  PROVIDER_UNAVAILABLE: [503, 'server_error', 'provider_unavailable', 'ProviderFailureError', 1],
  PROVIDER_TIMEOUT: [504, 'server_error', 'provider_timeout', 'ProviderFailureError', 1],
  PROVIDER_PROTOCOL: [502, 'server_error', 'provider_protocol', 'ProviderFailureError', 1],
  PROVIDER_NETWORK: [502, 'server_error', 'provider_network', 'ProviderFailureError', 1],
  CIRCUIT_OPEN: [503, 'server_error', 'circuit_open', 'ProviderFailureError', 1],
  NO_HEALTHY_PROVIDER: [503, 'server_error', 'no_healthy_provider', 'ProviderFailureError', 1],
  CANCELLED: [499, 'invalid_request_error', 'cancelled', 'RefusedError', 1],
  CONFIG_INVALID: [400, 'invalid_request_error', 'config_invalid', 'ValidationError', 2],
  INTERNAL: [500, 'server_error', 'internal', 'RefusedError', 1],
}
const codes = Object.keys(errorRules) as ErrorCode[]

/** Errors of GraphQL itself: what no completion ends with, and what nobody expected. */
const besides: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'INTERNAL'])

const details: Partial<Readonly<Record<ErrorCode, GatewayErrorDetails>>> = {
  RATE_LIMITED: {
    rateLimit: { policy: 'p', limit: 1, remaining: 0, retryAfterMs: 1000, ofProvider: false },
  },
}

/** What the provider fails with now, and whether it has begun to answer by then. */
let failing: { readonly code: ErrorCode; readonly begun: boolean }

const message = (code: ErrorCode) => `openai (gpt-test) said ${code}; try another model.`
const failure = ({ code }: { code: ErrorCode }) =>
  new GatewayError(code, message(code), details[code])

const adapter = scriptedAdapter(async (call) => {
  call.onSent()
  const now = failing
  if (!now.begun) throw failure(now)
  return answerOf(
    (async function* () {
      yield textChunk('hello')
      if (now.begun) throw failure(now)
      yield endChunk()
    })(),
  )
})

let door: RestDoor
let server: GraphqlServer
let socket: RawSocket
beforeAll(async () => {
  door = await openDoor({ adapters: [adapter] })
  server = await startGraphqlServer({ adapter })
  socket = new RawSocket(server.socketUrl)
  await socket.acknowledged()
})
afterAll(async () => {
  await socket.lose()
  await server.close()
  await door.close()
})

const chat = (stream: boolean) =>
  fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'openai:gpt-test', messages: [], stream }),
  })

const input = { model: 'openai:gpt-test', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] }
const create = `mutation M($input: CompletionInput!) {
  createCompletion(input: $input) { __typename ... on Error { code message retryable } } }`
const stream = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on CompletionFailed { partialText error { __typename code message } } } }`

describe.each(codes)('%s', (code) => {
  const [status, type, word, member, exitCode] = edges[code]
  const error = { message: message(code), type, code: word, request_id: expect.any(String) }

  it('is a status, OpenAI’s error and v0.7.2’s detail in REST', async () => {
    failing = { code, begun: false }
    const answer = await chat(false)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ detail: message(code), error })
  })

  it('is a frame of its own where a stream of REST had begun, and no [DONE] follows', async () => {
    failing = { code, begun: true }
    const answer = await chat(true)
    expect(answer.status).toBe(200)
    const frames = (await answer.text()).trimEnd().split('\n\n')
    expect(frames[0]).toContain('"content":"hello"')
    expect(JSON.parse(frames.at(-1)?.replace('data: ', '') ?? '')).toMatchObject({ error })
    expect(frames).toHaveLength(2)
  })

  it('is a member of GraphQL’s union, or an error beside it where no completion ends so', async () => {
    failing = { code, begun: false }
    const { json } = await post(server.url, { query: create, variables: { input } })
    const beside = json.errors?.[0]?.extensions
    expect(beside ?? json.data?.['createCompletion']).toMatchObject({
      code,
      ...(!besides.has(code) && {
        __typename: member,
        message: message(code),
        retryable: errorRules[code].retryable,
      }),
    })
  })

  it('is the last event of a GraphQL stream, with what had been sent', async () => {
    failing = { code, begun: true }
    socket.subscribe(code, stream, { input })
    await socket.until(({ id, type: kind }) => id === code && kind === 'complete')
    expect(socket.results(code).at(-1)).toEqual({
      __typename: 'CompletionFailed',
      partialText: 'hello',
      error: { __typename: member, code, message: message(code) },
    })
  })

  it('ends a command of the CLI', () => {
    expect(exitCodeOf(code)).toBe(exitCode)
  })
})
