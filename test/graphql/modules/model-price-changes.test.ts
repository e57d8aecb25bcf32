import { describe, expect, it, onTestFinished } from 'vitest'
import type { Scope } from '#domain/access.ts'
import type { PriceDraft } from '#domain/price-draft.ts'
import { readWrittenPrice } from '#domain/written-price.ts'
import { noCostSource } from '../../support/cost-source.ts'
import { post, startGraphqlServer } from '../../support/graphql-server.ts'

/** @returns How to send an input, and the drafts that came through. */
async function open(scopes?: readonly Scope[]) {
  const drafts: PriceDraft[] = []
  const server = await startGraphqlServer({
    ...(scopes && { scopes }),
    services: {
      costs: {
        ...noCostSource,
        async setPrice(draft) {
          drafts.push(draft)
          const effectiveFrom = '2026-11-23T00:00:00Z'
          const named = { version: 'api-1', effectiveFrom, source: 'API' } as const
          const price = readWrittenPrice(draft.price, named)
          const made = { createdAt: new Date(0), createdBy: 'me', removedAt: null }
          return { id: '1', ...draft, price, ...made }
        },
      },
    },
  })
  onTestFinished(() => server.close())
  const set = async (input: object) => {
    const query = `mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) { __typename
      ... on SetModelPriceSuccess { override { provider model price { inputPerMillion perRequest overridden
        tiers { aboveInputTokens outputPerMillion } serviceTiers { name inputPerMillion } } } }
      ... on ValidationError { issues { path message } }
      ... on ForbiddenError { missingScopes } } }`
    const { json } = await post(server.url, { query, variables: { input } })
    return json.data?.['setModelPrice'] as { __typename: string; issues?: { path: string[] }[] }
  }
  return { drafts, set }
}

const model = { provider: 'openai', model: 'm' }
const plain = { ...model, inputPerMillion: '1.25', outputPerMillion: '10' }

describe('a price', () => {
  it('is set with its tiers', async () => {
    const { set } = await open()
    const rates = { inputPerMillion: '2.5', outputPerMillion: '20' }
    const input = {
      ...plain,
      perRequest: '0.01',
      tiers: [{ aboveInputTokens: 200_000, ...rates }],
      serviceTiers: [{ name: 'flex', ...rates }],
    }
    expect(await set(input)).toEqual({
      __typename: 'SetModelPriceSuccess',
      override: {
        ...model,
        price: {
          inputPerMillion: '1.25',
          perRequest: '0.01',
          overridden: true,
          tiers: [{ aboveInputTokens: 200_000, outputPerMillion: '20' }],
          serviceTiers: [{ name: 'flex', inputPerMillion: '2.5' }],
        },
      },
    })
  })

  it('may be nothing', async () => {
    const { drafts, set } = await open()
    await set({ ...model, free: true })
    expect(drafts).toMatchObject([{ price: { input: '0', output: '0' } }])
  })

  it.each<[object, string]>([
    [model, 'inputPerMillion'],
    [{ ...model, inputPerMillion: '1' }, 'outputPerMillion'],
    [{ ...plain, free: true }, 'free'],
    [{ ...plain, inputPerMillion: '1.00000000001' }, 'inputPerMillion'],
    [{ ...plain, outputPerMillion: '-1' }, 'outputPerMillion'],
    [{ ...plain, cacheReadPerMillion: '1000001' }, 'cacheReadPerMillion'],
  ])('of %o is refused by its field', async (input, field) => {
    const { drafts, set } = await open()
    const { __typename, issues } = await set(input)
    expect([__typename, issues?.[0]?.path]).toEqual(['ValidationError', ['input', field]])
    expect(drafts).toEqual([])
  })

  it('is set by those only who manage the configuration', async () => {
    const { drafts, set } = await open(['read', 'complete', 'manage-budgets', 'manage-keys'])
    expect(await set(plain)).toEqual({
      __typename: 'ForbiddenError',
      missingScopes: ['manage-config'],
    })
    expect(drafts).toEqual([])
  })
})
