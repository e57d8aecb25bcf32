import type { Command } from 'commander'
import { z } from 'zod'
import { CliFailure } from '../cli-failure.ts'
import { localTime } from '../local-time.ts'
import { accepted, refusalFields, type ServerApi } from '../server-api.ts'
import { addVerb, sessionOf } from '../verb.ts'

const apiKey = z.object({
  id: z.string(),
  publicId: z.string(),
  name: z.string(),
  role: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
})
const list = z.object({
  apiKeys: z.object({ totalCount: z.number(), edges: z.array(z.object({ node: apiKey })) }),
})
const fields = 'id publicId name role expiresAt lastUsedAt revokedAt'
const withSecret = z.object({ apiKey, secret: z.string() })

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('Makes, lists and revokes keys of your tenant.')

  addVerb(keys, 'list', { description: 'The first 100 keys.', example: 'keys list' })
    .option('--revoked', 'with those that were revoked')
    .action(async ({ revoked }: { revoked?: true }, command: Command) => {
      const { api, print, table } = sessionOf(command)
      const { totalCount, keys: found } = await keysOf(api, revoked === true)
      print({ totalCount, apiKeys: found }, () =>
        table(found, [
          { title: 'KEY', value: (key) => key.publicId },
          { title: 'NAME', value: (key) => key.name, shrinks: true },
          { title: 'ROLE', value: (key) => key.role },
          { title: 'LAST USED', value: (key) => localTime(key.lastUsedAt) },
          ...(revoked
            ? [{ title: 'REVOKED', value: (key: (typeof found)[0]) => localTime(key.revokedAt) }]
            : []),
        ]),
      )
    })

  addVerb(keys, 'create <name>', {
    description: 'Makes a key, and prints its secret this once.',
    example: 'keys create nightly-report --role CALLER',
  })
    .option('--role <role>', 'CALLER, VIEWER, OPERATOR, BUDGET_MANAGER or ADMIN', 'CALLER')
    .action(async (name: string, { role }: { role: string }, command: Command) => {
      const { api, print } = sessionOf(command)
      const { viewer } = await api.run({
        document: 'query Viewer { viewer { tenant { id } } }',
        data: z.object({ viewer: z.object({ tenant: z.object({ id: z.string() }) }) }),
      })
      const { createApiKey } = await api.run({
        document: `mutation Create($input: CreateApiKeyInput!) { createApiKey(input: $input) {
          ... on ApiKeySecretSuccess { secret apiKey { ${fields} } } ${refusalFields} } }`,
        data: z.object({ createApiKey: z.unknown() }),
        variables: { input: { name, role, tenantId: viewer.tenant.id } },
      })
      const made = accepted(withSecret, createApiKey)
      print(made, () => made.secret)
    })

  addVerb(keys, 'rotate <key>', {
    description: 'Gives a key a new secret, and prints it this once.',
    example: 'keys rotate nightly-report --grace 3600',
  })
    .option('--grace <seconds>', 'how long the old secret still works', Number, 0)
    .action(async (name: string, { grace }: { grace: number }, command: Command) => {
      const { api, print } = sessionOf(command)
      if (!Number.isSafeInteger(grace) || grace < 0) {
        throw new CliFailure('--grace: expected whole seconds', { code: 'INVALID_REQUEST' })
      }
      const { rotateApiKey } = await api.run({
        document: `mutation Rotate($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
          ... on ApiKeySecretSuccess { secret apiKey { ${fields} } } ${refusalFields} } }`,
        data: z.object({ rotateApiKey: z.unknown() }),
        variables: { input: { id: await idOf(name, api), graceSeconds: grace } },
      })
      const rotated = accepted(withSecret, rotateApiKey)
      print(rotated, () => rotated.secret)
    })

  addVerb(keys, 'revoke <key>', {
    description: 'Ends a key and its running calls.',
    example: 'keys revoke nightly-report',
  }).action(async (name: string, _options, command: Command) => {
    const { api, print } = sessionOf(command)
    const { revokeApiKey } = await api.run({
      document: `mutation Revoke($input: NodeIdInput!) { revokeApiKey(input: $input) {
        ... on ApiKeySuccess { apiKey { ${fields} } } ${refusalFields} } }`,
      data: z.object({ revokeApiKey: z.unknown() }),
      variables: { input: { id: await idOf(name, api) } },
    })
    const revoked = accepted(z.object({ apiKey }), revokeApiKey)
    print(revoked, () => `${revoked.apiKey.name} is revoked`)
  })
}

async function keysOf(api: ServerApi, includeRevoked: boolean) {
  const { apiKeys } = await api.run({
    document: `query Keys($includeRevoked: Boolean!) {
      apiKeys(first: 100, includeRevoked: $includeRevoked) { totalCount edges { node { ${fields} } } } }`,
    data: list,
    variables: { includeRevoked },
  })
  return { totalCount: apiKeys.totalCount, keys: apiKeys.edges.map(({ node }) => node) }
}

/** @param name The key's id, the part of it that may be logged, or its name where only one has it. */
async function idOf(name: string, api: ServerApi): Promise<string> {
  const { keys } = await keysOf(api, false)
  const exact = keys.find(({ id, publicId }) => id === name || publicId === name)
  if (exact) return exact.id
  const [only, second] = keys.filter((key) => key.name === name)
  if (only && !second) return only.id
  throw new CliFailure(
    second
      ? `Several keys are called ${name}: name one by its KEY of \`orchestrator keys list\`.`
      : `No key is called ${name}: see \`orchestrator keys list\`.`,
    { code: second ? 'CONFLICT' : 'NOT_FOUND' },
  )
}
