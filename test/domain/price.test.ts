import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseUsd } from '#domain/money.ts'
import {
  costOf,
  type ModelPrice,
  mostOutputTokens,
  priceByTable,
  worstCase,
} from '#domain/price.ts'
import { normalUsage, type TokenUsage } from '#domain/usage.ts'

const usage = (over: Partial<TokenUsage> = {}): TokenUsage => ({
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
  source: 'PROVIDER_REPORTED',
  ...over,
})

const price: ModelPrice = {
  version: 'list-2026-11-01',
  effectiveFrom: '2026-11-01T00:00:00Z',
  input: parseUsd('0.30'),
  output: parseUsd('0.50'),
  cacheRead: parseUsd('0.075'),
  tiers: [{ aboveInputTokens: 128_000, input: parseUsd('0.60'), output: parseUsd('1.00') }],
  serviceTiers: { flex: { input: parseUsd('0.15'), output: parseUsd('0.25') } },
}

const arbitraryUsage = fc
  .record({
    plain: fc.nat(2_000_000),
    cacheReadInputTokens: fc.nat(200_000),
    cacheWriteInputTokens: fc.nat(200_000),
    outputTokens: fc.nat(200_000),
  })
  .map(({ plain, ...parts }) =>
    usage({
      ...parts,
      inputTokens: plain + parts.cacheReadInputTokens + parts.cacheWriteInputTokens,
    }),
  )

const ticks = fc.bigInt({ min: 0n, max: 10n ** 13n })
const arbitraryPrice: fc.Arbitrary<ModelPrice> = fc.record({
  version: fc.constant('p'),
  effectiveFrom: fc.constant('2026-01-01T00:00:00Z'),
  input: ticks,
  output: ticks,
  cacheRead: ticks,
  cacheWrite: ticks,
  perRequest: ticks,
})

describe('priceByTable', () => {
  it("gives xAI's own bill for its known-good sample", () => {
    const cost = priceByTable(
      usage({ inputTokens: 12, cacheReadInputTokens: 11, outputTokens: 291 }),
      price,
    )
    expect(cost.total).toBe(1_466_250n)
  })

  it('rounds up once, to a whole tick', () => {
    const tiny = { ...price, input: 1n, output: 1n }
    expect(priceByTable(usage({ inputTokens: 1, outputTokens: 1 }), tiny).total).toBe(1n)
  })

  it('takes the tier that is strictly exceeded', () => {
    const at = priceByTable(usage({ inputTokens: 128_000 }), price).total
    const above = priceByTable(usage({ inputTokens: 128_001 }), price).total
    expect([at, above]).toEqual([parseUsd('0.0384'), parseUsd('0.0768006')])
  })

  it('bills by the service tier that the provider echoes', () => {
    const used = usage({ inputTokens: 1_000_000 })
    expect(priceByTable(used, price, { serviceTier: 'flex' }).total).toBe(parseUsd('0.15'))
    expect(priceByTable(used, price, { serviceTier: 'unknown' }).total).toBe(parseUsd('0.60'))
  })

  it('has parts that add up to the total', () => {
    fc.assert(
      fc.property(arbitraryUsage, arbitraryPrice, (used, rates) => {
        const cost = priceByTable(used, rates)
        const parts = [cost.input, cost.cacheRead, cost.cacheWrite, cost.output, cost.other]
        expect(parts.reduce<bigint>((sum, part) => sum + (part ?? 0n), 0n)).toBe(cost.total)
      }),
    )
  })
})

describe('worstCase', () => {
  it('is never below the cost of any usage within its bounds', () => {
    fc.assert(
      fc.property(arbitraryUsage, arbitraryPrice, (used, rates) => {
        const most = worstCase(rates, {
          inputBytes: used.inputTokens,
          maxOutputTokens: used.outputTokens,
        })
        expect(priceByTable(used, rates).total! <= most).toBe(true)
      }),
    )
  })
})

describe('mostOutputTokens', () => {
  it('is the exact inverse of worstCase: one token more would cost more', () => {
    fc.assert(
      fc.property(
        arbitraryPrice,
        fc.nat(2_000_000),
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 18n }),
        (rates, inputBytes, budget) => {
          const fits = (maxOutputTokens: number) =>
            worstCase(rates, { inputBytes, maxOutputTokens }) <= budget
          const most = mostOutputTokens(rates, { inputBytes, budget })
          // Beyond that many the number itself is rounded.
          fc.pre(most <= Number.MAX_SAFE_INTEGER || most === Infinity)
          const exact =
            most === Infinity
              ? rates.output === 0n && fits(1e9)
              : (most === -1 || fits(most)) && !fits(most + 1)
          expect(exact).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  const flat: ModelPrice = { ...price, tiers: [], serviceTiers: {} }

  it.each<[string, ModelPrice, string, number]>([
    ['what is left pays for no token', flat, '0.03', 0],
    ['the last tick is missing for one', flat, '0.0300249999', 49],
    ['its dearest tier decides', price, '0.061', 1000],
    ['output is free', { ...flat, output: 0n }, '0.03', Infinity],
    ['the input is too dear', flat, '0.0299999999', -1],
    ['nothing is left', flat, '0', -1],
  ])('where %s', (_name, rates, budget, most) => {
    expect(mostOutputTokens(rates, { inputBytes: 100_000, budget: parseUsd(budget) })).toBe(most)
  })
})

describe('costOf', () => {
  it("prefers the provider's bill, then the table, then says that no price is known", () => {
    const used = usage({ inputTokens: 10 })
    expect(costOf(used, { reported: 7n, price })).toMatchObject({
      total: 7n,
      source: 'PROVIDER_REPORTED',
    })
    expect(costOf(used, { price })).toMatchObject({ total: 30_000n, source: 'PRICE_TABLE' })
    expect(costOf(used, {})).toMatchObject({ total: null, source: 'UNPRICED' })
  })
})

describe('normalUsage', () => {
  it.each([
    [{ inputTokens: undefined, outputTokens: 1 }],
    [{ inputTokens: '12', outputTokens: 1 }],
    [{ inputTokens: 1.5, outputTokens: 1 }],
    [{ inputTokens: 1, outputTokens: -1 }],
    [{ inputTokens: 1, outputTokens: 2 ** 53 }],
    [{ inputTokens: 1, outputTokens: 100_000_001 }],
  ])('does not believe %j', (reported) => {
    expect(normalUsage(reported)).toBeUndefined()
  })

  it('raises a whole that is smaller than its parts', () => {
    expect(
      normalUsage({ inputTokens: 5, cacheReadInputTokens: 9, outputTokens: 1 })?.inputTokens,
    ).toBe(9)
  })
})
