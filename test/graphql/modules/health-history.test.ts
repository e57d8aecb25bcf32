import { expect, it, onTestFinished } from 'vitest'
import type { UsageQuery, UsageReport } from '#domain/usage-query.ts'
import { createHealthMonitor } from '#events/provider-health.ts'
import { FakeClock } from '../../support/fake-gateway.ts'
import { post, startGraphqlServer } from '../../support/graphql-server.ts'
import { monitoredHealth } from '../../support/health-source.ts'

const from = 1_790_000_000_000
const minute = 60_000

/** Two of its three minutes are over. */
const report: UsageReport = {
  from,
  to: from + 3 * minute,
  timeZone: 'UTC',
  bucket: 'MINUTE',
  buckets: [from, from + minute, from + 2 * minute],
  series: (['REQUESTS', 'ERRORS'] as const).map((metric, index) => ({
    key: [],
    isOther: false,
    metric,
    values: [9, 4, null].map((value) => ({ value: value && value - index * 2, exact: null })),
    previous: null,
    total: { value: null, exact: null },
  })),
  totals: [],
  lastBucketPartial: true,
  freshAsOf: from,
}

it('a provider’s history has its states, and the calls of the viewer’s tenant', async () => {
  const clock = new FakeClock()
  clock.advance(2 * minute)
  const asked: { tenantId: string; query: UsageQuery }[] = []
  const ranges: unknown[] = []
  const server = await startGraphqlServer({
    clock,
    services: {
      health: {
        ...monitoredHealth(createHealthMonitor(clock)),
        async statesOf(name, range) {
          ranges.push([name, range])
          return [
            { state: 'HEALTHY', at: from - 5 },
            { state: 'DOWN', at: from + 1.5 * minute },
          ]
        },
      },
      reads: {
        search: () => Promise.reject(new Error('not asked')),
        count: async () => null,
        facets: async () => [],
        errorGroups: async () => [],
        async usage(question) {
          asked.push(question)
          return report
        },
      },
    },
  })
  onTestFinished(() => server.close())
  const time = '{absolute: {from: "2026-09-21T14:13:20Z", to: "2026-09-21T14:16:20Z"}}'
  const { json } = await post(server.url, {
    query: `{ provider(name: "openai") { healthHistory(time: ${time}, bucket: MINUTE) { at state uptimeRatio requests errors } } }`,
  })
  expect(json.data?.['provider']).toEqual({
    healthHistory: [
      { at: '2026-09-21T14:13:20.000Z', state: 'HEALTHY', uptimeRatio: 1, requests: 9, errors: 7 },
      { at: '2026-09-21T14:14:20.000Z', state: 'DOWN', uptimeRatio: 0.5, requests: 4, errors: 2 },
      {
        at: '2026-09-21T14:15:20.000Z',
        state: 'UNKNOWN',
        uptimeRatio: null,
        requests: 0,
        errors: 0,
      },
    ],
  })
  expect(ranges).toEqual([['openai', { from, to: from + 3 * minute }]])
  expect(asked).toMatchObject([
    { query: { filter: { provider: { in: ['openai'] }, simulated: false }, bucket: 'MINUTE' } },
  ])
})
