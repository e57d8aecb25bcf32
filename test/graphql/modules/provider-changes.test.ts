import { describe, expect, it, onTestFinished } from 'vitest'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import { createHealthMonitor } from '#events/provider-health.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import type { HealthSource } from '#graphql/health-source.ts'
import { FakeClock } from '../../support/fake-gateway.ts'
import {
  type GraphqlServerOptions,
  post,
  startGraphqlServer,
} from '../../support/graphql-server.ts'
import { monitoredHealth } from '../../support/health-source.ts'

const id = encodeGlobalId('Provider', 'openai')

async function start({
  health = {},
  ...options
}: Omit<GraphqlServerOptions, 'services'> & { health?: Partial<HealthSource> } = {}) {
  const asked: unknown[] = []
  const write =
    (what: string) =>
    async (...given: readonly unknown[]) => {
      const by = given.at(-1) as Changer
      asked.push([what, ...given.slice(0, -1), by.viewer.displayName])
    }
  const server = await startGraphqlServer({
    ...options,
    services: {
      health: {
        ...monitoredHealth(createHealthMonitor(new FakeClock())),
        setOverride: write('override'),
        resetCircuit: write('reset'),
        ...health,
      },
    },
  })
  onTestFinished(() => server.close())
  const change = async (field: string, input: object = {}) => {
    const type = field === 'setProviderOverride' ? 'SetProviderOverrideInput' : 'NodeIdInput'
    const success =
      field === 'testProvider'
        ? '... on TestProviderSuccess { ok latencyMs error { code message retryable httpStatus } provider { name } }'
        : '... on ProviderSuccess { provider { name override } }'
    const query = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename ${success}
      ... on Error { message code } ... on ForbiddenError { missingScopes } } }`
    const { json } = await post(server.url, { query, variables: { input: { id, ...input } } })
    return json.data?.[field] ?? json.errors
  }
  return { asked, change }
}

describe('an override', () => {
  it('is handed on with its reason, and the provider is answered', async () => {
    const { asked, change } = await start()
    const input = { override: 'FORCE_DISABLED', reason: 'too dear' }
    expect(await change('setProviderOverride', input)).toEqual({
      __typename: 'ProviderSuccess',
      provider: { name: 'openai', override: 'AUTO' },
    })
    await change('setProviderOverride', { override: 'AUTO' })
    expect(asked).toMatchObject([
      ['override', 'openai', input, 'local'],
      ['override', 'openai', { override: 'AUTO', reason: null }, 'local'],
    ])
  })

  it('that makes no sense is a member of the result', async () => {
    const setOverride = () =>
      Promise.reject(new GatewayError('INVALID_REQUEST', 'Say why.', { issues: [] }))
    const { change } = await start({ health: { setOverride } })
    expect(await change('setProviderOverride', { override: 'FORCE_DISABLED' })).toMatchObject({
      __typename: 'ValidationError',
      message: 'Say why.',
    })
  })
})

it('circuits are reset', async () => {
  const { asked, change } = await start()
  expect(await change('resetCircuit')).toMatchObject({ __typename: 'ProviderSuccess' })
  expect(asked).toEqual([['reset', 'openai', 'local']])
})

describe('a test', () => {
  it('says how long the answer took', async () => {
    const test = async () => ({ error: undefined, latencyMs: 12.5 })
    const { change } = await start({ health: { test } })
    expect(await change('testProvider')).toEqual({
      __typename: 'TestProviderSuccess',
      ok: true,
      latencyMs: 12.5,
      error: null,
      provider: { name: 'openai' },
    })
  })

  it('that fails says why', async () => {
    const error = new GatewayError('PROVIDER_NETWORK', 'openai cannot be reached.')
    const { change } = await start({ health: { test: async () => ({ error, latencyMs: 5 }) } })
    expect(await change('testProvider')).toMatchObject({
      ok: false,
      error: {
        code: 'PROVIDER_NETWORK',
        message: error.message,
        retryable: true,
        httpStatus: null,
      },
    })
  })
})

describe.each([
  ['setProviderOverride', { override: 'AUTO' }],
  ['resetCircuit', {}],
  ['testProvider', {}],
])('%s', (field, input) => {
  it.each([encodeGlobalId('Provider', 'nobody'), encodeGlobalId('Model', 'openai'), 'openai', ''])(
    'of the id %j finds nothing',
    async (other) => {
      const { asked, change } = await start()
      expect(await change(field, { ...input, id: other })).toMatchObject({
        __typename: 'NotFoundError',
      })
      expect(asked).toEqual([])
    },
  )

  it('needs the scope', async () => {
    const { asked, change } = await start({ scopes: ['read', 'complete', 'manage-budgets'] })
    expect(await change(field, input)).toMatchObject({
      __typename: 'ForbiddenError',
      missingScopes: ['manage-config'],
    })
    expect(asked).toEqual([])
  })
})
