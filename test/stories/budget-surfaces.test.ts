import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { breachesOf, createAllowance, totalsOf } from '../support/allowances.ts'
import { RawSocket } from '../support/graphql-socket.ts'
import { openAiDouble, type OpenAiDouble, writeDocument } from '../support/openai-double.ts'
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
let folder: ServerFolder
let server: RunningServer
let money: Allowance
let requests: Allowance

beforeAll(async () => {
  database = await createDatabase()
  double = await openAiDouble()
  double.script = (call, response) => {
    if (call.path !== '/query') return 'default'
    return writeDocument(response, { answer: 'From the documents.', results: [] })
  }
  money = await createAllowance(database.url, { limit: 10n ** 12n })
  requests = await createAllowance(database.url, {
    kind: 'QUOTA',
    unit: 'REQUESTS',
    limit: 1000n,
    period: 'DAY',
  })
  folder = serverFolder()
  server = await startServer({
    ...folder.env,
    DATABASE_URL: database.url,
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: double.baseUrl,
    AGENT_RUNNER_URL: double.origin,
    RAG_BASE: double.origin,
  })
}, 60_000)
afterAll(async () => {
  await server?.stop()
  folder?.remove()
  await double?.close()
  await database?.drop()
})

const model = 'openai:gpt-4.1-mini'
const messages = [{ role: 'user', content: 'Hello' }]
const input = `{model: "${model}", messages: [{role: USER, content: [{text: "Hello"}]}]}`

async function post(path: string, body: unknown): Promise<string> {
  const response = await fetch(`${server.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  expect({ status: response.status, text }).toMatchObject({ status: 200 })
  return text
}

const chat = (over: object = {}) => post('/v1/chat/completions', { model, messages, ...over })
const graphql = (query: string) => post('/graphql', { query })

/** Runs a subscription to its end. */
async function subscribe(query: string): Promise<void> {
  const socket = new RawSocket(`${server.origin.replace('http', 'ws')}/graphql`)
  await socket.acknowledged()
  socket.subscribe('1', query)
  await socket.until(({ id, type }) => id === '1' && type === 'complete')
  expect(JSON.stringify(socket.results('1'))).toContain('CompletionFinished')
  await socket.lose()
}

async function startAndFollow(): Promise<void> {
  const started: { data: { startCompletion: { completionId: string } } } = JSON.parse(
    await graphql(
      `mutation { startCompletion(input: ${input}) { ... on StartCompletionSuccess { completionId } } }`,
    ),
  )
  const { completionId } = started.data.startCompletion
  await subscribe(
    `subscription { completionEvents(completionId: "${completionId}") { __typename } }`,
  )
}

/** What is on the books since the last look. */
async function change(before: { money: bigint; requests: bigint }) {
  const [{ spent, held }, used] = await Promise.all([
    totalsOf(database.url, money),
    totalsOf(database.url, requests),
  ])
  return {
    now: { money: spent, requests: used.spent },
    held: held + used.held,
    spent: spent - before.money,
    used: used.spent - before.requests,
  }
}

const costOfLast = async () => {
  const [row] = await sql<{ ticks: string }>(
    database.url,
    'select cost_total::text as ticks from request order by id desc limit 1',
  )
  return BigInt(row?.ticks ?? -1)
}

describe('a call is reserved and settled once', () => {
  let books = { money: 0n, requests: 0n }

  it.each<[name: string, isFree: boolean, call: () => Promise<unknown>]>([
    ['by REST, whole', false, () => chat()],
    ['by REST, streamed', false, () => chat({ stream: true })],
    [
      'for embeddings',
      false,
      () => post('/v1/embeddings', { model: 'openai:text-embedding-3-small', input: ['a', 'b'] }),
    ],
    ['for the agent', true, () => chat({ model: 'agent:gpt-test' })],
    ['for the documents', true, () => chat({ model: 'rag:default' })],
    [
      'by createCompletion',
      false,
      () => graphql(`mutation { createCompletion(input: ${input}) { __typename } }`),
    ],
    ['by startCompletion', false, startAndFollow],
    [
      'by completionStream',
      false,
      () => subscribe(`subscription { completionStream(input: ${input}) { __typename } }`),
    ],
  ])('%s', async (_name, isFree, call) => {
    const before = double.calls.length
    await call()
    const { now, held, spent, used } = await change(books)
    books = now
    expect(double.calls.length - before).toBe(1)
    expect({ held, used }).toEqual({ held: 0n, used: 1n })
    expect(spent).toBe(await costOfLast())
    expect(spent > 0n).toBe(!isFree)
  })

  it('and the doctor agrees', async () => {
    expect(await breachesOf(database.url)).toEqual([])
  })
})
