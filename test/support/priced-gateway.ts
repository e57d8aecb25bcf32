import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type OpenAiDouble, openAiDouble } from './openai-double.ts'
import { type RunningServer, serverFolder, startServer } from './server.ts'

/** The product before a provider whose every whole answer costs `callCost`. */
export interface PricedGateway {
  readonly origin: string
  readonly double: OpenAiDouble
  /** Of the bootstrap administrator. */
  readonly token: string
  /** The administrator's GraphQL. @throws {Error} Where it answers with errors. */
  ask<Data>(query: string, variables?: object): Promise<Data>
  /** A call of the one model, with a key; its answer is as it came. */
  call(key: string, body?: object): Promise<Response>
  /** A key that may call. @returns Its id and secret. */
  issueKey(name: string, more?: object): Promise<{ id: string; secret: string }>
  close(): Promise<void>
}

/** 12 tokens in at $1,000 a million, 4 out at $40,000 a million. */
export const callCost = '$0.172000'

const token = 'token-of-the-administrator'

export async function startPricedGateway(): Promise<PricedGateway> {
  const double = await openAiDouble()
  const folder = serverFolder()
  writeFileSync(
    join(folder.path, 'providers.yaml'),
    `version: 1
providers:
  acme: {type: openai_compat, base_url: "${double.baseUrl}", api_key_env: ACME_KEY}
prices:
  - {provider: acme, model: gpt-test, input: "1000", output: "40000"}
`,
  )
  const server: RunningServer = await startServer({
    ...folder.env,
    ACME_KEY: 'any',
    ROUTER_AUTH_TOKEN: token,
  })
  const post = (path: string, { key, body }: { key: string; body: object }) =>
    fetch(server.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
  const ask = async <Data>(query: string, variables: object = {}): Promise<Data> => {
    const response = await post('/graphql', { key: token, body: { query, variables } })
    const { data, errors } = await response.json()
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  return {
    origin: server.origin,
    double,
    token,
    ask,
    call: (key, body = {}) =>
      post('/v1/chat/completions', {
        key,
        body: {
          model: 'acme:gpt-test',
          max_tokens: 5,
          messages: [{ role: 'user', content: 'Hello' }],
          ...body,
        },
      }),
    async issueKey(name, more = {}) {
      const { viewer } = await ask<{ viewer: { tenant: { id: string } } }>(
        '{ viewer { tenant { id } } }',
      )
      const input = { name, tenantId: viewer.tenant.id, ...more }
      const { createApiKey } = await ask<{ createApiKey: IssuedKey }>(issue, { input })
      if (!createApiKey.secret) throw new Error(createApiKey.message)
      return { id: createApiKey.apiKey.id, secret: createApiKey.secret }
    },
    async close() {
      await server.stop()
      await double.close()
      folder.remove()
    },
  }
}

interface IssuedKey {
  readonly secret: string
  readonly apiKey: { readonly id: string }
  /** Why there is none. */
  readonly message?: string
}

const issue = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    ... on ApiKeySecretSuccess { secret apiKey { id } }
    ... on Error { message }
  }
}`
