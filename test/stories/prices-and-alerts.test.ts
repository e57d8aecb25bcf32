import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { breachesOf } from '../support/allowances.ts'
import { post } from '../support/graphql-server.ts'
import { RawSocket } from '../support/graphql-socket.ts'
import { type OpenAiDouble, openAiDouble } from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'
import { sql } from '../support/store.ts'

let database: TestDatabase
let provider: OpenAiDouble
const folders: ServerFolder[] = []
const servers: RunningServer[] = []

async function startReplica(): Promise<string> {
  const folder = serverFolder()
  folders.push(folder)
  const server = await startServer({
    ...folder.env,
    DATABASE_URL: database.url,
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: provider.baseUrl,
  })
  servers.push(server)
  return server.origin
}

let here: string
let there: string

beforeAll(async () => {
  database = await createDatabase()
  provider = await openAiDouble()
  ;[here, there] = [await startReplica(), await startReplica()]
}, 60_000)

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  for (const folder of folders) folder.remove()
  await provider.close()
  await database.drop()
})

async function ask(origin: string, query: string, variables: object = {}) {
  const { json } = await post(`${origin}/graphql`, { query, variables })
  if (json.errors) throw new Error(JSON.stringify(json.errors))
  return json.data as Record<string, Record<string, unknown>>
}

/** Calls the model; the status. */
async function call(origin: string, model = 'openai:gpt-test'): Promise<number> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello there' }] }),
  })
  await response.text()
  return response.status
}

/** What replicas tell each other takes seconds on a busy machine. */
const patience = { timeout: 20_000, interval: 200 }

const events = `subscription { events { __typename
  ... on AlertChanged { at alert { id kind severity subject message count resolvedAt acknowledgedAt } }
  ... on BudgetChanged { thresholdCrossed budget { name spent } }
  ... on ProviderHealthChanged { provider { name } from to } } }`

interface Told {
  readonly __typename: string
  readonly alert?: {
    readonly id: string
    readonly kind: string
    readonly subject: string
    readonly resolvedAt: string | null
    readonly acknowledgedAt: string | null
  }
  readonly budget?: { readonly name: string; readonly spent: string }
  readonly thresholdCrossed?: number | null
}

/** Hears what a replica tells. */
async function listen(origin: string) {
  const socket = new RawSocket(`${origin.replace('http', 'ws')}/graphql`)
  await socket.acknowledged()
  socket.subscribe('events', events)
  // A query on the same socket is answered when the subscription before it stands.
  socket.subscribe('ready', '{ server { version } }')
  await socket.until(({ id, type }) => id === 'ready' && type === 'next')
  return {
    async until(fits: (told: Told) => boolean): Promise<Told> {
      const is = (message: { id?: string; payload?: unknown }) => {
        const told = (message.payload as { data?: { events?: Told } } | undefined)?.data?.events
        return message.id === 'events' && told !== undefined && fits(told)
      }
      const { payload } = await socket.until(is)
      return payload?.data?.['events'] as unknown as Told
    },
    close: () => socket.socket.close(),
  }
}

const totals = async () => {
  const [row] = await sql<{ cost: string | null; unpriced: number }>(
    database.url,
    `select sum(cost_total)::text as cost, count(*) filter (where cost_source = 'UNPRICED')::int as unpriced from request
     where not simulated`,
  )
  return row
}

const recalculate = `mutation ($input: RecalculateCostsInput!) { recalculateCosts(input: $input) { __typename
  ... on RecalculateCostsSuccess { affected before after } } }`

describe('two replicas', () => {
  it('tell each other of a model without a price, of its price, and that it is priced', async () => {
    const heard = await listen(there)
    expect(await call(here)).toBe(200)

    const { alert } = await heard.until(({ alert: told }) => told?.kind === 'UNPRICED_MODEL')
    expect(alert).toMatchObject({
      subject: 'openai:gpt-test',
      severity: 'WARNING',
      resolvedAt: null,
    })
    expect(await ask(there, '{ alerts(openOnly: true) { edges { node { id count } } } }')).toEqual({
      alerts: { edges: [{ node: { id: alert!.id, count: 1 } }] },
    })

    const price = {
      provider: 'openai',
      model: 'gpt-test',
      effectiveFrom: '2026-01-01T00:00:00Z',
      inputPerMillion: '2',
      outputPerMillion: '8',
    }
    const set = `mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) {
      ... on SetModelPriceSuccess { override { price { inputPerMillion overridden } } } } }`
    expect(await ask(here, set, { input: price })).toEqual({
      setModelPrice: { override: { price: { inputPerMillion: '2', overridden: true } } },
    })
    await expect
      .poll(async () => {
        const models = await ask(
          there,
          '{ models(search: "openai:gpt-test") { edges { node { price { overridden } } } } }',
        )
        return models['models']
      }, patience)
      .toEqual({ edges: [{ node: { price: { overridden: true } } }] })

    const filter = { time: { relative: { from: 'now-1h', to: 'now' } }, simulated: false }
    const dry = await ask(there, recalculate, { input: { filter } })
    expect(dry['recalculateCosts']).toMatchObject({ affected: 1, before: '0' })
    expect(await totals()).toEqual({ cost: null, unpriced: 1 })
    expect(await ask(there, recalculate, { input: { filter, dryRun: false } })).toEqual(dry)
    expect((await totals())!.unpriced).toBe(0)
    expect(Number((await totals())!.cost)).toBeGreaterThan(0)

    await heard.until(({ alert: told }) => told?.id === alert!.id && told.resolvedAt !== null)
    expect(await breachesOf(database.url)).toEqual([])
    heard.close()
  })

  it('tell each other that a budget has changed, and that a threshold was crossed', async () => {
    const heard = await listen(there)
    const create = `mutation ($input: CreateBudgetInput!) { createBudget(input: $input) {
      ... on BudgetSuccess { budget { id scope { value } } } ... on Error { message } } }`
    const { viewer } = await ask(here, '{ viewer { tenant { id } } }')
    const { id } = viewer!['tenant'] as { id: string }
    const scope = { kind: 'TENANT', value: id }
    const input = { scope, name: 'Team A', limit: '0.00001', period: 'MONTHLY', action: 'NOTIFY' }
    expect(await ask(here, create, { input })).toHaveProperty('createBudget.budget')

    await expect.poll(() => call(here).then(() => isCharged('Team A')), patience).toBe(true)
    const { budget, thresholdCrossed } = await heard.until(
      (told) => told.__typename === 'BudgetChanged' && typeof told.thresholdCrossed === 'number',
    )
    expect(budget).toMatchObject({ name: 'Team A' })
    expect(thresholdCrossed).toBe(1)
    const { alert } = await heard.until(({ alert: told }) => told?.kind === 'BUDGET_EXHAUSTED')
    expect(alert).toMatchObject({ subject: 'Budget “Team A”', severity: 'ERROR' })

    const acknowledge = `mutation ($input: NodeIdInput!) { acknowledgeAlert(input: $input) {
      ... on AlertSuccess { alert { acknowledgedAt } } } }`
    await ask(here, acknowledge, { input: { id: alert!.id } })
    await heard.until(({ alert: told }) => told?.id === alert!.id && told.acknowledgedAt !== null)
    heard.close()
  })

  it('tell each other that a credential is refused, and that it is taken again', async () => {
    const heard = await listen(there)
    provider.script = (_call, response) => {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end(
        '{"error":{"message":"Incorrect API key provided","type":"invalid_request_error"}}',
      )
    }
    await call(here)
    const { alert } = await heard.until(({ alert: told }) => told?.kind === 'CREDENTIAL_REJECTED')
    expect(alert).toMatchObject({ subject: 'openai', severity: 'ERROR' })
    const credential = await ask(here, '{ provider(name: "openai") { credential } }')
    expect(credential['provider']).toEqual({ credential: 'REJECTED' })

    provider.script = () => 'default'
    // The other replica has heard of it, and its success counts.
    await expect
      .poll(async () => {
        await call(there)
        return sql(
          database.url,
          `select resolved_at is not null as over from alert where kind = 'CREDENTIAL_REJECTED'`,
        )
      }, patience)
      .toEqual([{ over: true }])
    await heard.until(({ alert: told }) => told?.id === alert!.id && told.resolvedAt !== null)
    heard.close()
  })
})

/** Whether anything was charged to the budget. */
async function isCharged(name: string): Promise<boolean> {
  const rows = await sql<{ spent: string }>(
    database.url,
    'select w.spent from allowance_window w join allowance a on a.id = w.allowance_id where a.name = $1',
    [name],
  )
  return rows.some(({ spent }) => BigInt(spent) > 0n)
}
