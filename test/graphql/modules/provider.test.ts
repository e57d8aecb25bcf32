import { expect, it, onTestFinished } from 'vitest'
import { createHealthMonitor } from '#events/provider-health.ts'
import type { HealthSource } from '#graphql/health-source.ts'
import { adminViewer, FakeClock } from '../../support/fake-gateway.ts'
import { post, startGraphqlServer } from '../../support/graphql-server.ts'
import { monitoredHealth } from '../../support/health-source.ts'

async function provider(fields: string, health: Partial<HealthSource> = {}) {
  const monitored = monitoredHealth(createHealthMonitor(new FakeClock()))
  const server = await startGraphqlServer({ services: { health: { ...monitored, ...health } } })
  onTestFinished(() => server.close())
  const { json } = await post(server.url, { query: `{ provider(name: "openai") { ${fields} } }` })
  expect(json.errors).toBeUndefined()
  return json.data?.['provider']
}

const asItIs = () => createHealthMonitor(new FakeClock()).healthOf('openai', adminViewer.tenantId)

it('a provider of which nothing is known is left to itself', async () => {
  expect(
    await provider(
      'override priority weight circuit { state openedAt retryAt } upstreamLimits { resetsAt } health { state }',
    ),
  ).toEqual({
    override: 'AUTO',
    priority: 1,
    weight: 1,
    circuit: { state: 'CLOSED', openedAt: null, retryAt: null },
    upstreamLimits: null,
    health: { state: 'UNKNOWN' },
  })
})

it.each([
  [
    { state: 'OPEN', openedAt: 1000, retryAt: 16_000, openMs: 15_000 },
    { openedAt: '1970-01-01T00:00:01.000Z', retryAt: '1970-01-01T00:00:16.000Z' },
  ],
  [
    { state: 'HALF_OPEN', openedAt: 1000, openMs: 15_000 },
    { openedAt: '1970-01-01T00:00:01.000Z', retryAt: null },
  ],
] as const)('a circuit has its instants: %o', async (circuit, instants) => {
  const healthOf = () => ({ ...asItIs(), circuit })
  expect(await provider('circuit { state openedAt retryAt }', { healthOf })).toEqual({
    circuit: { state: circuit.state, ...instants },
  })
})

it('limits are as they were last told', async () => {
  const limitsOf = () => ({
    limits: {
      requests: { limit: 60, remaining: 59, resetMs: 1000 },
      tokens: { limit: 3e9, remaining: 7, resetMs: null },
    },
    at: 5000,
  })
  const fields = 'requestsLimit requestsRemaining tokensLimit tokensRemaining resetsAt'
  expect(await provider(`upstreamLimits { ${fields} }`, { limitsOf })).toEqual({
    upstreamLimits: {
      requestsLimit: 60,
      requestsRemaining: 59,
      tokensLimit: 2_147_483_647,
      tokensRemaining: 7,
      resetsAt: '1970-01-01T00:00:06.000Z',
    },
  })
})
