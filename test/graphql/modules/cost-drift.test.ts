import { expect, it, onTestFinished } from 'vitest'
import { noCostSource } from '../../support/cost-source.ts'
import { post, startGraphqlServer } from '../../support/graphql-server.ts'

const query = '{ providers { name costDrift { requests reported computed ratio } } }'

it('shows what a provider bills beside what the price table says', async () => {
  const asked: string[] = []
  const sums = { calls: 4n, reported: 12_000_000_000n, computed: 10_000_000_000n }
  const server = await startGraphqlServer({
    services: {
      costs: {
        ...noCostSource,
        async drift(tenantId) {
          asked.push(tenantId)
          return new Map([['openai', sums]])
        },
      },
    },
  })
  onTestFinished(() => server.close())
  const { json } = await post(server.url, { query })
  expect(json.data).toEqual({
    providers: [
      {
        name: 'openai',
        costDrift: { requests: 4, reported: '1.2', computed: '1', ratio: 1.2 },
      },
    ],
  })
  expect(asked).toHaveLength(1)
})

it('shows nothing where nothing can be compared', async () => {
  const server = await startGraphqlServer()
  onTestFinished(() => server.close())
  const { json } = await post(server.url, { query })
  expect(json.data).toEqual({ providers: [{ name: 'openai', costDrift: null }] })
})
