import { describe, expect, it } from 'vitest'
import { type Cost, type ModelPrice, unpriced } from '#domain/price.ts'
import { type PricedAttempt, repriced } from '#domain/reprice.ts'

const price: ModelPrice = {
  version: 'new',
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: 2_000_000n,
  output: 4_000_000n,
  cacheRead: 1_000_000n,
  serviceTiers: { flex: { input: 1_000_000n, output: 2_000_000n } },
}

const attempt = (over: Partial<PricedAttempt> = {}): PricedAttempt => ({
  usage: {
    inputTokens: 100,
    cacheReadInputTokens: 50,
    cacheWriteInputTokens: 0,
    outputTokens: 10,
    reasoningOutputTokens: 0,
    source: 'PROVIDER_REPORTED',
  },
  serviceTier: undefined,
  cost: unpriced,
  ...over,
})

const costing = (total: bigint, source: Cost['source'] = 'PRICE_TABLE'): Cost => ({
  ...unpriced,
  total,
  source,
})

describe('an attempt', () => {
  it.each<[string, Partial<PricedAttempt>, bigint]>([
    ['that had no price', {}, 190n],
    ['that had another price', { cost: costing(7n) }, 190n],
    ['that cost nothing', { cost: costing(0n) }, 190n],
    ['of a service tier', { serviceTier: 'flex' }, 120n],
    ['of a service tier that has no rates', { serviceTier: 'priority' }, 190n],
    [
      'that we counted ourselves, at the dearest rates',
      { usage: { ...attempt().usage, source: 'ESTIMATED' } },
      240n,
    ],
  ])('%s is priced', (_, over, total) => {
    expect(repriced(attempt(over), price)).toMatchObject({
      total,
      source: 'PRICE_TABLE',
      priceVersion: 'new',
    })
  })

  it.each<[string, PricedAttempt, ModelPrice | undefined]>([
    [
      'whose cost the provider has told',
      attempt({ cost: costing(7n, 'PROVIDER_REPORTED') }),
      price,
    ],
    ['that costs the same', attempt({ cost: costing(190n) }), price],
    ['without a price today', attempt({ cost: costing(7n) }), undefined],
  ])('%s stays as it is', (_, given, by) => {
    expect(repriced(given, by)).toBeUndefined()
  })
})
