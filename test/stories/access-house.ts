import { onTestFinished } from 'vitest'
import { type RunningServer, serverFolder, startServer } from '../support/server.ts'

/** What all replicas of a test share. */
const sharedSecret = 'a secret that only the replicas of this test share'
export const rootToken = 'root-token'

/** Starts the product on a database; it ends with the test. */
export async function startReplica(
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const folder = serverFolder()
  onTestFinished(() => folder.remove())
  const server = await startServer({
    ...folder.env,
    DATABASE_URL: databaseUrl,
    ORCHESTRATOR_SECRET: sharedSecret,
    ROUTER_AUTH_TOKEN: rootToken,
    ...env,
  })
  onTestFinished(async () => void (await server.stop('SIGKILL')))
  return server
}

export interface Answer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
}

/** Asks GraphQL, as the holder of a token. */
export async function ask<Data>(
  origin: string,
  query: string,
  { token = rootToken, variables = {} }: { token?: string; variables?: object } = {},
): Promise<Answer<Data>> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer<Data>
}

export interface Key {
  readonly id: string
  readonly publicId: string
  /** The whole of it. */
  readonly secret: string
}

/** What a mutation answers: its success, or the refusal's type and message. */
export type Outcome<Success> = {
  readonly __typename: string
  readonly message?: string
} & Partial<Success>

const keyFields = `__typename ... on ApiKeySecretSuccess { secret apiKey { id publicId } }
  ... on Error { message } ... on ForbiddenError { missingScopes }`

/** The id of the first tenant that the token sees. */
export async function tenantId(origin: string, token = rootToken): Promise<string> {
  const { data } = await ask<{ viewer: { tenant: { id: string } } }>(
    origin,
    '{ viewer { tenant { id } } }',
    { token },
  )
  return data?.viewer.tenant.id ?? ''
}

type Issued = Outcome<{ secret: string; apiKey: { id: string; publicId: string } }>

export async function tryCreateKey(
  origin: string,
  input: object,
  token = rootToken,
): Promise<Issued> {
  const { data } = await ask<{ createApiKey: Issued }>(
    origin,
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ${keyFields} } }`,
    { token, variables: { input } },
  )
  if (!data) throw new Error('no key and no refusal')
  return data.createApiKey
}

export async function createKey(
  origin: string,
  { token = rootToken, ...input }: { token?: string } & Record<string, unknown> = {},
): Promise<Key> {
  const wanted = { name: 'team', tenantId: await tenantId(origin, token), ...input }
  const { apiKey, message, secret } = await tryCreateKey(origin, wanted, token)
  if (!apiKey || secret === undefined) throw new Error(message)
  return { ...apiKey, secret }
}

/** Changes a key by the mutation of that name. */
export async function changeKey(
  origin: string,
  mutation: 'revokeApiKey' | 'updateApiKey' | 'rotateApiKey',
  {
    token = rootToken,
    ...input
  }: { readonly id: string; token?: string } & Record<string, unknown>,
): Promise<Issued> {
  const type = {
    revokeApiKey: 'NodeIdInput',
    updateApiKey: 'UpdateApiKeyInput',
    rotateApiKey: 'RotateApiKeyInput',
  }
  const fields = mutation === 'rotateApiKey' ? keyFields : '__typename ... on Error { message }'
  const { data } = await ask<Record<string, Issued>>(
    origin,
    `mutation ($input: ${type[mutation]}!) { ${mutation}(input: $input) { ${fields} } }`,
    { token, variables: { input } },
  )
  const outcome = data?.[mutation]
  if (!outcome) throw new Error('no change and no refusal')
  return outcome
}

/** Asks for a completion over REST. */
export function complete(
  origin: string,
  token: string,
  { model = 'simulator:fast', stream = false } = {},
): Promise<Response> {
  return fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hi' }] }),
  })
}

export const statusOf = async (answer: Promise<Response>): Promise<number> => {
  const response = await answer
  await response.arrayBuffer()
  return response.status
}
