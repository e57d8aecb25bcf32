import { expect, it, onTestFinished } from 'vitest'
import type { Scope } from '#domain/access.ts'
import { noCostSource } from '../../support/cost-source.ts'
import { post, startGraphqlServer } from '../../support/graphql-server.ts'

async function open(scopes?: readonly Scope[]) {
  const asked: unknown[] = []
  const server = await startGraphqlServer({
    ...(scopes && { scopes }),
    services: {
      costs: {
        ...noCostSource,
        async recalculate(given) {
          asked.push(given)
          return { affected: 3n, before: 0n, after: 12_500_000_000n }
        },
      },
    },
  })
  onTestFinished(() => server.close())
  return { asked, url: server.url }
}

const absolute = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' }
const filter = { time: { absolute }, simulated: false, provider: { in: ['openai'] } }
const query = `mutation ($input: RecalculateCostsInput!) { recalculateCosts(input: $input) { __typename
  ... on RecalculateCostsSuccess { affected before after } ... on Error { code } } }`

it('asks for a dry run of what has no price, unless it is told otherwise', async () => {
  const { asked, url } = await open()
  const { json } = await post(url, { query, variables: { input: { filter } } })
  expect(json.data).toEqual({
    recalculateCosts: {
      __typename: 'RecalculateCostsSuccess',
      affected: 3,
      before: '0',
      after: '1.25',
    },
  })
  expect(asked).toMatchObject([
    {
      dryRun: true,
      onlyUnpriced: true,
      filter: {
        time: { from: Date.parse(absolute.from), to: Date.parse(absolute.to) },
        provider: { in: ['openai'] },
      },
    },
  ])
})

it('refuses a time range that makes no sense', async () => {
  const { asked, url } = await open()
  const backwards = { from: absolute.to, to: absolute.from }
  const input = { filter: { ...filter, time: { absolute: backwards } } }
  const { json } = await post(url, { query, variables: { input } })
  expect(json.data).toEqual({
    recalculateCosts: { __typename: 'ValidationError', code: 'INVALID_REQUEST' },
  })
  expect(asked).toEqual([])
})

it('is for those who manage the configuration', async () => {
  const { asked, url } = await open(['read', 'complete', 'manage-budgets', 'manage-keys'])
  const { json } = await post(url, { query, variables: { input: { filter } } })
  expect(json.data).toEqual({
    recalculateCosts: { __typename: 'ForbiddenError', code: 'FORBIDDEN' },
  })
  expect(asked).toEqual([])
})
