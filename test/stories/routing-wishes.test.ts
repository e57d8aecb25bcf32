import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeGlobalId } from '#graphql/global-id.ts'
import { createAllowance } from '../support/allowances.ts'
import { type OpenAiDouble, openAiDouble, writeDocument } from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'
import { sql } from '../support/store.ts'
import { ask, createKey, type Key, rootToken } from './access-house.ts'

let database: TestDatabase
let double: OpenAiDouble
let folder: ServerFolder
let server: RunningServer
let key: Key

beforeAll(async () => {
  ;[database, double] = await Promise.all([createDatabase(), openAiDouble()])
  double.script = ({ path }, response) => {
    if (!path.startsWith('/down')) return 'default'
    const error = { message: 'Down.', type: 'server_error' }
    return writeDocument(response, { error }, { status: 503 })
  }
  await createAllowance(database.url, {
    name: 'Poor',
    scope: { kind: 'PROVIDER', value: 'poor' },
    limit: 1n,
  })
  folder = serverFolder()
  configure('')
  const secrets = { ROUTER_AUTH_TOKEN: rootToken, KEY: 'sk' }
  server = await startServer({ ...folder.env, ...secrets, DATABASE_URL: database.url })
  key = await createKey(server.origin, { role: 'CALLER', allowedModels: ['down:*', 'spare:*'] })
}, 60_000)

afterAll(async () => {
  await server?.stop()
  await double?.close()
  await database?.drop()
  folder?.remove()
})

function configure(more: string): void {
  const provider = (path: string) =>
    `{ type: openai_compat, base_url: '${double.origin}${path}', api_key_env: KEY }`
  const price = (name: string) => `{ provider: ${name}, model: m, input: '1', output: '4' }`
  const text = `version: 1
providers:
  down: ${provider('/down/v1')}
  spare: ${provider('/v1')}
  poor: ${provider('/v1')}
prices: [${price('down')}, ${price('spare')}, ${price('poor')}]
${more}
`
  writeFileSync(`${folder.path}/providers.yaml`, text)
}

interface Asked {
  readonly model?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
}

async function chat({ headers = {}, model = 'down:m', token = rootToken }: Asked = {}) {
  const response = await fetch(`${server.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }),
  })
  return { status: response.status, text: await response.text() }
}

const input = {
  model: 'down:m',
  maxOutputTokens: 100,
  messages: [{ role: 'USER', content: [{ text: 'hi' }] }],
}

async function graphql(
  field: string,
  { token = rootToken, ...over }: Record<string, unknown> = {},
) {
  const kind = field.startsWith('explain') ? 'query' : 'mutation'
  const query = `${kind} ($input: CompletionInput!) { ${field} }`
  const variables = { input: { ...input, ...over } }
  const { data, errors } = await ask<Record<string, unknown>>(server.origin, query, {
    token: String(token),
    variables,
  })
  if (!data) throw new Error(JSON.stringify(errors))
  return data
}

const completion = `createCompletion(input: $input) {
  __typename
  ... on CreateCompletionSuccess { completion { text request { requestedModel attempts { providerName status } } } }
  ... on Error { code message }
}`
const explanation = `explainCompletion(input: $input) {
  candidates { provider { name baseUrl } model eligible reason estimatedCost }
  worstCaseCost
  blockedBy { __typename code message }
}`

/** Rows of everything that a call could have written. */
const rows = () =>
  sql(
    database.url,
    `select (select count(*) from request) as requests, (select count(*) from attempt) as attempts,
       (select count(*) from ledger) as entries, (select count(*) from allowance_window) as windows,
       (select count(*) from reply) as replies`,
  )

describe('a call whose model is down', () => {
  it('is served by the fallback that its headers name', async () => {
    const { status, text } = await chat({ headers: { 'x-orchestrator-fallbacks': 'spare:m' } })
    expect([status, JSON.parse(text).choices[0].message.content]).toEqual([200, 'Hello there.'])
  })

  it('is served by the fallback that its input names, and its record says so', async () => {
    expect(await graphql(completion, { routing: { fallbacks: ['spare:m'] } })).toMatchObject({
      createCompletion: {
        __typename: 'CreateCompletionSuccess',
        completion: {
          request: {
            requestedModel: 'down:m',
            attempts: expect.arrayContaining([{ providerName: 'spare', status: 'SUCCEEDED' }]),
          },
        },
      },
    })
  })

  it('is not served where its key may not go', async () => {
    const asked = { token: key.secret, headers: { 'x-orchestrator-fallbacks': 'poor:m' } }
    const { status, text } = await chat(asked)
    expect(status).toBe(403)
    expect(text).toContain('may not use the model poor:m: leave it out of the fallbacks')
  })

  it('is not another request’s under the same key', async () => {
    const headers = { 'idempotency-key': 'once' }
    const first = { ...headers, 'x-orchestrator-fallbacks': 'spare:m' }
    expect((await chat({ headers: first })).status).toBe(200)
    expect((await chat({ headers: first })).status).toBe(200)
    const other = { ...first, 'x-orchestrator-max-cost': '1' }
    expect((await chat({ headers: other })).status).toBe(422)
  })
})

describe('explainCompletion', () => {
  it('says what would happen, and does nothing of it', async () => {
    const [before, calls] = [await rows(), double.calls.length]
    const plan = await graphql(explanation, {
      model: 'poor:m',
      routing: { fallbacks: ['spare:m'], deny: ['down:*'] },
    })
    expect(plan).toMatchObject({
      explainCompletion: {
        candidates: [
          { provider: { name: 'poor' }, eligible: true, reason: 'It is asked first.' },
          { provider: { name: 'spare' }, eligible: true },
        ],
        worstCaseCost: expect.stringMatching(/^0\.000\d+$/),
        blockedBy: [
          { __typename: 'BudgetExceededError', message: expect.stringContaining('“Poor”') },
        ],
      },
    })
    expect([await rows(), double.calls.length]).toEqual([before, calls])
    expect(await graphql(completion, { model: 'poor:m' })).toMatchObject({
      createCompletion: { __typename: 'BudgetExceededError' },
    })
  })

  it('knows no budget of another tenant', async () => {
    const { data } = await ask<{ createTenant: { tenant: { id: string } } }>(
      server.origin,
      `mutation { createTenant(input: { slug: "acme", name: "Acme" }) { ... on TenantSuccess { tenant { id } } } }`,
    )
    const tenantId = data?.createTenant.tenant.id
    const { secret } = await createKey(server.origin, { tenantId, role: 'ADMIN' })
    expect(await graphql(explanation, { model: 'poor:m', token: secret })).toMatchObject({
      explainCompletion: { candidates: [{ eligible: true }], blockedBy: [] },
    })
  })

  it('shows a caller no more than the caller may see', async () => {
    const reader = await createKey(server.origin, { role: 'VIEWER', allowedModels: ['spare:*'] })
    expect(await graphql(explanation, { model: 'spare:m', token: reader.secret })).toMatchObject({
      explainCompletion: {
        candidates: [{ provider: { name: 'spare', baseUrl: null } }],
        blockedBy: [{ __typename: 'ForbiddenError', message: 'This needs the scope complete.' }],
      },
    })
    expect(await graphql(explanation, { model: 'poor:m', token: reader.secret })).toMatchObject({
      explainCompletion: {
        candidates: [],
        blockedBy: [{ code: 'FORBIDDEN' }, { code: 'FORBIDDEN' }],
      },
    })
  })
})

describe('where only some keys may choose', () => {
  beforeAll(async () => {
    configure(`allow_routing_overrides: [${decodeGlobalId(key.id).id}]`)
    const reloaded = await fetch(`${server.origin}/admin/reload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rootToken}` },
    })
    if (!reloaded.ok) throw new Error(await reloaded.text())
  })

  const headers = { 'x-orchestrator-fallbacks': 'spare:m' }

  it('the others are told what to leave out, by every door', async () => {
    const refusal = expect.stringContaining('leave fallbacks out')
    const { status, text } = await chat({ headers })
    expect([status, JSON.parse(text).error.message]).toEqual([403, refusal])
    const wish = { routing: { fallbacks: ['spare:m'] } }
    expect(await graphql(completion, wish)).toMatchObject({
      createCompletion: { __typename: 'ForbiddenError', message: refusal },
    })
    expect(await graphql(explanation, wish)).toMatchObject({
      explainCompletion: { blockedBy: [{ code: 'FORBIDDEN', message: refusal }] },
    })
  })

  it('those may, and all may limit what a call costs', async () => {
    expect((await chat({ headers, token: key.secret })).status).toBe(200)
    const limited = { model: 'spare:m', headers: { 'x-orchestrator-max-cost': '0.01' } }
    expect((await chat(limited)).status).toBe(200)
    const tooDear = { model: 'spare:m', headers: { 'x-orchestrator-max-cost': '0.0001' } }
    expect(await chat(tooDear)).toMatchObject({
      status: 400,
      text: expect.stringContaining('may cost 0.0001'),
    })
  })
})
