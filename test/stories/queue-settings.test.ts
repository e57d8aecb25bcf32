import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type OpenAiDouble, openAiDouble } from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'

let database: TestDatabase
let double: OpenAiDouble
let folder: ServerFolder
let server: RunningServer

beforeAll(async () => {
  ;[database, double] = await Promise.all([createDatabase(), openAiDouble()])
  folder = serverFolder()
  const { PROVIDERS_YAML = '' } = folder.env
  writeFileSync(
    PROVIDERS_YAML,
    `version: 1
providers:
  small: {base_url: "${double.origin}/small", max_concurrency: 1, retries: {max: 0}}
  other: {base_url: "${double.baseUrl}"}
`,
  )
  server = await startServer({
    ...folder.env,
    DATABASE_URL: database.url,
    ROUTER_MAX_CONCURRENCY: '2',
    ORCHESTRATOR_QUEUE_MAX_WAITING: '1',
    ORCHESTRATOR_QUEUE_TIMEOUT_S: '0.5',
  })
}, 60_000)

afterAll(async () => {
  await server?.stop()
  await double?.close()
  await database?.drop()
  folder?.remove()
})

const ask = (provider: string) =>
  fetch(`${server.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: `${provider}:gpt-test`,
      messages: [{ role: 'user', content: 'hi' }],
    }),
  })

const smallCalls = () => double.calls.filter(({ path }) => path.startsWith('/small/chat')).length

it('the settings decide how many run, how many wait, and for how long', async () => {
  const leave = new AbortController()
  double.script = ({ path }, response) => {
    if (!path.startsWith('/small')) return 'default'
    return leave.signal.addEventListener('abort', () => response.destroy())
  }
  const running = ask('small')
  await vi.waitFor(() => expect(smallCalls()).toBe(1))
  const both = await Promise.all([ask('small'), ask('small'), ask('other')])
  const codes = await Promise.all(
    both.map(async (answer) => `${answer.status} ${(await answer.json()).error?.code}`),
  )
  expect(codes.toSorted()).toEqual(['200 undefined', '503 overloaded', '503 queue_full'])
  leave.abort()
  expect((await running).status).toBe(502)
  expect(smallCalls()).toBe(1)
})
