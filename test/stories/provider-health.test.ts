import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { RawSocket } from '../support/graphql-socket.ts'
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

async function openAlerts(origin: string): Promise<readonly string[]> {
  const { data } = await ask<{
    alerts: { edges: { node: { kind: string; subject: string; count: number } }[] }
  }>(origin, '{ alerts(openOnly: true) { edges { node { kind subject count } } } }')
  return (data?.alerts.edges ?? [])
    .map(({ node: { kind, subject, count } }) => `${kind} ${subject} ${count}`)
    .filter((alert) => /^(?:PROVIDER|CIRCUIT)/.test(alert))
    .toSorted()
}

/** The states of the last hour, without those that nobody knows. */
async function history(origin: string): Promise<readonly string[]> {
  const { data } = await ask<{ provider: { healthHistory: { state: string }[] } }>(
    origin,
    '{ provider(name: "openai") { healthHistory(time: {relative: {from: "now-1h"}}) { state } } }',
  )
  const states = data?.provider.healthHistory.map(({ state }) => state) ?? []
  return states.filter((state) => state !== 'UNKNOWN')
}

/** Hears of changes of health. */
async function listen(origin: string) {
  const socket = new RawSocket(`${origin.replace('http', 'ws')}/graphql`, {
    init: { authorization: `Bearer ${rootToken}` },
  })
  await socket.acknowledged()
  const query =
    'subscription { events { ... on ProviderHealthChanged { provider { name } from to } } }'
  socket.subscribe('events', query)
  // A query on the same socket is answered when the subscription before it stands.
  socket.subscribe('ready', '{ server { version } }')
  await socket.until(({ id: of, type }) => of === 'ready' && type === 'next')
  return {
    heard: (to: string) =>
      socket.until(({ id: of, payload }) => {
        const told = JSON.stringify(payload ?? null)
        return of === 'events' && told.includes('"openai"') && told.includes(`"to":"${to}"`)
      }),
    close: () => socket.lose(),
  }
}

describe('a provider', () => {
  it('is asked at the start, and its health says so', async () => {
    const { origin } = await start()
    await expect
      .poll(() => see(origin), patience)
      .toMatchObject({
        circuit: { state: 'CLOSED' },
        health: { state: 'HEALTHY', reason: expect.stringContaining('it answered the last check') },
      })
  })

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
    const before = await listen(first.origin)
    await breakCircuit(first.origin)
    mend()
    await before.heard('DOWN')
    await before.close()
    await expect
      .poll(() => openAlerts(first.origin), patience)
      .toEqual(['CIRCUIT_OPENED openai:gpt-test 1', 'PROVIDER_DOWN openai 1'])
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
    const after = await listen(origin)
    expect(await change(origin, 'resetCircuit', {})).toEqual({ __typename: 'ProviderSuccess' })
    expect((await see(origin)).circuit).toEqual({ state: 'CLOSED', retryAt: null })
    expect((await call(origin)).status).toBe(200)
    await after.heard('HEALTHY')
    await after.close()
    await expect.poll(() => openAlerts(origin), patience).toEqual(['PROVIDER_RECOVERED openai 1'])
    // A bucket shows the worst of its time: where it has the story before this one in it, that is DISABLED.
    expect(await history(origin)).toContainEqual(expect.stringMatching(/^(DOWN|DISABLED)$/))
    expect(await sql(database.url, 'select to_state from provider_transition')).toContainEqual({
      to_state: 'DOWN',
    })
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
