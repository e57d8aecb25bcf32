import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  chatDocument,
  type OpenAiDouble,
  openAiDouble,
  streamAnswer,
  writeDocument,
} from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'
import { sql } from '../support/store.ts'

let database: TestDatabase
let double: OpenAiDouble
let one: RunningServer
let other: RunningServer
const folders: ServerFolder[] = []

beforeAll(async () => {
  ;[database, double] = await Promise.all([createDatabase(), openAiDouble()])
  ;[one, other] = await Promise.all([start(), start()])
}, 60_000)

afterAll(async () => {
  await Promise.all([one?.stop(), other?.stop()])
  await double?.close()
  await database?.drop()
  for (const folder of folders) folder.remove()
})

function start(): Promise<RunningServer> {
  const folder = serverFolder()
  folders.push(folder)
  const provider = { OPENAI_API_KEY: 'test', OPENAI_BASE_URL: double.baseUrl }
  return startServer({ ...folder.env, ...provider, DATABASE_URL: database.url })
}

const question = { model: 'openai:gpt-test', messages: [{ role: 'user', content: 'hi' }] }

interface Asked {
  readonly key: string
  readonly body?: object
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly server?: RunningServer
  readonly signal?: AbortSignal
}

/** Asks under a key, and reads to the end. */
async function ask({
  key,
  body = {},
  headers = {},
  path = 'chat/completions',
  server = one,
  signal,
}: Asked) {
  const response = await fetch(`${server.origin}/v1/${path}`, {
    method: 'POST',
    headers: { 'Idempotency-Key': key, ...headers },
    body: JSON.stringify({ ...question, ...body }),
    ...(signal && { signal }),
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    requestId: response.headers.get('x-request-id'),
    original: response.headers.get('x-orchestrator-original-request-id'),
    isReplay: response.headers.get('x-orchestrator-idempotent-replay') === 'true',
    shouldRetry: response.headers.get('x-should-retry'),
    text: await response.text(),
  }
}

async function graphql(document: string, variables: object, server = one) {
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  })
  const { data } = (await response.json()) as { data: Record<string, Record<string, unknown>> }
  return data
}

/** The provider's calls while `work` ran. */
async function callsOf<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const before = double.calls.length
  const result = await work()
  return [result, double.calls.length - before]
}

const errorOf = (text: string) => (JSON.parse(text) as { error: Record<string, unknown> }).error
const rowsOf = (ids: readonly (string | null)[]) =>
  sql<{ id: string; status: string }>(
    database.url,
    'select id, status from request where id = any($1::uuid[])',
    [ids],
  )

describe('fifty calls at once under one key', () => {
  it.each([
    ['a whole answer', 'chat/completions', {}],
    [
      'a streamed answer',
      'chat/completions',
      { stream: true, stream_options: { include_usage: true } },
    ],
    ['embeddings', 'embeddings', { model: 'openai:embed-test', input: ['a', 'b'] }],
  ])(
    'are one call to the provider and one record, over two replicas: %s',
    async (_what, path, body) => {
      const key = randomUUID()
      const [answers, calls] = await callsOf(() =>
        Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            ask({ key, path, body, server: index % 2 === 0 ? one : other }),
          ),
        ),
      )
      expect(calls).toBe(1)
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(new Set(answers.map(({ type }) => type)).size).toBe(1)
      expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1)
      const first = answers.find(({ isReplay }) => !isReplay)
      expect(new Set(answers.map(({ original }) => original))).toEqual(
        new Set([null, first?.requestId]),
      )
      const [later, callsLater] = await callsOf(() => ask({ key, path, body, server: other }))
      expect(later).toMatchObject({ isReplay: true, status: 200, text: first?.text })
      expect(callsLater).toBe(0)
      expect(await rowsOf([...answers.map(({ requestId }) => requestId), later.requestId])).toEqual(
        [{ id: first?.requestId, status: 'SUCCEEDED' }],
      )
    },
  )
})

describe('a key', () => {
  it('is refused with another body', async () => {
    const key = randomUUID()
    await ask({ key })
    const [refused, calls] = await callsOf(() =>
      ask({ key, body: { temperature: 1 }, server: other }),
    )
    expect(refused).toMatchObject({ status: 422, isReplay: false })
    expect(errorOf(refused.text)).toMatchObject({ code: 'idempotency_conflict' })
    expect(calls).toBe(0)
  })

  it('may be quoted or bare', async () => {
    const key = randomUUID()
    await ask({ key: `"${key}"` })
    expect(await ask({ key })).toMatchObject({ isReplay: true })
  })

  it.each([
    ['empty', '""'],
    ['too long', 'x'.repeat(256)],
    ['two strings', '"a" "b"'],
  ])('that is %s is refused', async (_what, key) => {
    const { status, text } = await ask({ key })
    expect(status).toBe(400)
    expect(errorOf(text)).toMatchObject({ code: 'invalid_request', param: 'Idempotency-Key' })
  })

  it('is free again after a call that cost nothing', async () => {
    const key = randomUUID()
    double.script = (_call, response) =>
      writeDocument(response, { error: { message: 'no such parameter' } }, { status: 400 })
    const [refused] = await callsOf(() => ask({ key }))
    double.script = () => 'default'
    expect(refused.status).toBe(400)
    const [answer, calls] = await callsOf(() => ask({ key, server: other }))
    expect([answer.status, answer.isReplay, calls]).toEqual([200, false, 1])
  })

  it('does not make a caller wait who does not want to', async () => {
    const key = randomUUID()
    const held = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const paid = {
      model: 'gpt-test',
      inputTokens: 12,
      outputTokens: 4,
      cachedTokens: 0,
      complete: true,
    }
    double.script = (_call, response) => {
      reached.resolve()
      void held.promise.then(() => writeDocument(response, chatDocument(paid, 'late')))
    }
    const first = ask({ key })
    await reached.promise
    double.script = () => 'default'
    const headers = { 'x-orchestrator-idempotency': 'no-wait' }
    for (const server of [one, other]) {
      const refused = await ask({ key, headers, server })
      expect(refused.status).toBe(409)
      expect(errorOf(refused.text)).toMatchObject({ code: 'conflict' })
    }
    held.resolve()
    await first
    expect(await ask({ key, headers })).toMatchObject({ status: 200, isReplay: true })
  })
})

describe('a stream', () => {
  const body = { stream: true }

  it('that was cut is told again as it was, cut and all', async () => {
    const key = randomUUID()
    double.script = (call, response) =>
      void streamAnswer(call, { response, bill: [], tokens: ['Hel', 'lo'], cutAfter: 1 })
    const first = await ask({ key, body })
    double.script = () => 'default'
    expect(first.text).toContain('"Hel"')
    expect(first.text).toContain('"code":"provider_')
    expect(first.text).not.toContain('[DONE]')
    for (const server of [one, other]) {
      const [again, calls] = await callsOf(() => ask({ key, body, server }))
      expect(again).toMatchObject({ text: first.text, isReplay: true, original: first.requestId })
      expect(calls).toBe(0)
    }
  })

  it('that its caller left is there for the caller who comes back', async () => {
    const key = randomUUID()
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    double.script = (call, response) =>
      void streamAnswer(call, {
        response,
        bill: [],
        tokens: ['Hel', 'lo'],
        before: async (index) => {
          if (index === 0) return
          begun.resolve()
          await held.promise
        },
      })
    const gone = new AbortController()
    const first = ask({ key, body, signal: gone.signal }).catch((error: Error) => error.name)
    await begun.promise
    gone.abort()
    expect(await first).toBe('AbortError')
    double.script = () => 'default'
    const [again, calls] = await callsOf(() => {
      const reading = ask({ key, body })
      held.resolve()
      return reading
    })
    expect(calls).toBe(0)
    expect(again.text).toContain('"lo"')
    expect(again.text).toContain('[DONE]')
  })
})

describe('GraphQL', () => {
  const input = (key: string) => ({
    input: {
      model: 'openai:gpt-test',
      messages: [{ role: 'USER', content: [{ text: 'hi' }] }],
      idempotencyKey: key,
    },
  })
  const create = `mutation ($input: CompletionInput!) { createCompletion(input: $input) {
    ... on CreateCompletionSuccess { completion { id text finishReason usage { inputTokens outputTokens } cost { total } } }
    ... on Error { code message retryable } } }`
  const begin = `mutation ($input: CompletionInput!) { startCompletion(input: $input) {
    ... on StartCompletionSuccess { completionId } ... on Error { code message } } }`

  it('answers fifty at once with one call, and whoever asks the other replica', async () => {
    const variables = input(randomUUID())
    const [answers, calls] = await callsOf(() =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          graphql(create, variables, index % 2 === 0 ? one : other),
        ),
      ),
    )
    expect(calls).toBe(1)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    const completion = answers[0]?.['createCompletion']?.['completion'] as { id: string }
    expect(completion).toMatchObject({ text: 'Hello there.', finishReason: 'STOP' })
    const started = await graphql(begin, variables, other)
    expect(started).toEqual({ startCompletion: { completionId: completion.id } })
    expect(double.calls.length).toBeGreaterThan(0)
  })

  it('refuses another input', async () => {
    const key = randomUUID()
    await graphql(create, input(key))
    const { input: before } = input(key)
    const refused = await graphql(create, { input: { ...before, temperature: 1 } }, other)
    expect(refused['createCompletion']).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })
})

describe('a replica that dies', () => {
  it('does not lock its keys: they say what became of their calls, and nothing runs again', async () => {
    const third = await start()
    const key = randomUUID()
    const reached = Promise.withResolvers<void>()
    double.script = () => reached.resolve()
    const first = ask({ key, server: third }).catch((error: Error) => error.name)
    await reached.promise
    double.script = () => 'default'
    const [{ request_id: id, replica_id: dead }] = (await sql<{
      request_id: string
      replica_id: string
    }>(database.url, 'select request_id, replica_id from reply where key = $1', [key])) as [
      { request_id: string; replica_id: string },
    ]
    const waiting = ask({ key })
    await third.stop('SIGKILL')
    expect(await first).toBe('TypeError')
    // Its lease ends by itself after twenty seconds.
    await sql(database.url, 'delete from replica where id = $1', [dead])
    const [answers, calls] = await callsOf(async () => [
      await waiting,
      await ask({ key, server: other }),
    ])
    expect(calls).toBe(0)
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 500,
        isReplay: true,
        original: id,
        shouldRetry: 'false',
      })
      expect(errorOf(answer.text)).toMatchObject({
        code: 'internal',
        message: expect.stringMatching(/died before .* charged .* take a new key/),
      })
    }
  })
})
