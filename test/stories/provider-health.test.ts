import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { type OpenAiDouble, openAiDouble } from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { ask, rootToken, startReplica } from './access-house.ts'
import { sql } from '../support/store.ts'

let database: TestDatabase
let provider: OpenAiDouble

beforeAll(async () => {
  database = await createDatabase()
  provider = await openAiDouble()
})
afterAll(async () => {
  await provider.close()
  await database.drop()
})

const start = () =>
  startReplica(database.url, { OPENAI_API_KEY: 'test', OPENAI_BASE_URL: provider.baseUrl })

/** Calls the model; the status, and the code of the refusal. */
async function call(origin: string, model = 'openai:gpt-test') {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${rootToken}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello there' }] }),
  })
  const { error } = (await response.json()) as { error?: { code: string; message: string } }
  return { status: response.status, message: error?.message ?? '' }
}

const id = encodeGlobalId('Provider', 'openai')

interface Seen {
  readonly override: string
  readonly circuit: { readonly state: string; readonly retryAt: string | null }
  readonly health: { readonly state: string; readonly reason: string | null }
}

async function see(origin: string): Promise<Seen> {
  const { data } = await ask<{ provider: Seen }>(
    origin,
    '{ provider(name: "openai") { override circuit { state retryAt } health { state reason } } }',
  )
  if (!data) throw new Error('nothing to see')
  return data.provider
}

async function change(origin: string, field: string, input: object) {
  const type = field === 'setProviderOverride' ? 'SetProviderOverrideInput' : 'NodeIdInput'
  const tested =
    field === 'testProvider' ? '... on TestProviderSuccess { ok latencyMs error { code } }' : ''
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename ... on Error { message } ${tested} } }`
  const { data } = await ask<Record<string, { __typename: string; message?: string }>>(
    origin,
    query,
    { variables: { input: { id, ...input } } },
  )
  return data?.[field]
}

const override = (origin: string, to: string, reason?: string) =>
  change(origin, 'setProviderOverride', { override: to, ...(reason && { reason }) })

/** Two replicas share two cores with the rest of the suite. */
const patience = { timeout: 10_000, interval: 50 }

async function breakCircuit(origin: string) {
  provider.script = (seen, response) => {
    if (!seen.path.includes('chat')) return 'default'
    return void response.writeHead(503).end('{}')
  }
  await expect
    .poll(async () => (await call(origin), (await see(origin)).circuit.state), patience)
    .toBe('OPEN')
}
const mend = () => (provider.script = () => 'default')

describe('a provider', () => {
  it('that is disabled by hand is sent nothing, on all replicas, until it is left to itself', async () => {
    const [here, there] = [(await start()).origin, (await start()).origin]
    expect(await override(here, 'FORCE_DISABLED')).toMatchObject({ __typename: 'ValidationError' })
    expect(await override(here, 'FORCE_DISABLED', 'too dear')).toEqual({
      __typename: 'ProviderSuccess',
    })
    expect(await call(here)).toMatchObject({ status: 503 })
    await expect
      .poll(() => see(there), patience)
      .toMatchObject({
        override: 'FORCE_DISABLED',
        health: { state: 'DISABLED', reason: 'Disabled by hand: too dear' },
      })
    expect(await call(there)).toMatchObject({ status: 503 })
    await override(there, 'AUTO')
    expect(await call(there)).toMatchObject({ status: 200 })
    await expect.poll(async () => (await see(here)).override, patience).toBe('AUTO')
    expect(await call(here)).toMatchObject({ status: 200 })
  })

  it('whose circuit is open keeps it so over a restart, until it is reset', async () => {
    const first = await start()
    await breakCircuit(first.origin)
    mend()
    await expect
      .poll(() => sql(database.url, 'select name from target_state'), patience)
      .toEqual([{ name: 'openai:gpt-test' }])
    await first.stop('SIGKILL')

    const { origin } = await start()
    expect(await see(origin)).toMatchObject({
      circuit: { state: 'OPEN' },
      health: { state: 'DOWN' },
    })
    expect((await call(origin)).status).toBe(503)
    expect(await change(origin, 'resetCircuit', {})).toEqual({ __typename: 'ProviderSuccess' })
    expect((await see(origin)).circuit).toEqual({ state: 'CLOSED', retryAt: null })
    expect((await call(origin)).status).toBe(200)
    expect(
      await sql(database.url, `select action from audit_event where action = 'resetCircuit'`),
    ).toHaveLength(1)
  })

  it('can be tested now', async () => {
    const { origin } = await start()
    expect(await change(origin, 'testProvider', {})).toMatchObject({
      ok: true,
      latencyMs: expect.any(Number),
      error: null,
    })
    provider.script = (_seen, response) => void response.writeHead(500).end('{}')
    expect(await change(origin, 'testProvider', {})).toMatchObject({
      ok: false,
      error: { code: 'PROVIDER_UNAVAILABLE' },
    })
    mend()
  })
})
