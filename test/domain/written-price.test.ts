import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readWrittenPrice,
  type WrittenPrice,
  writePrice,
  writtenPriceIssues,
} from '#domain/written-price.ts'

const named = { version: 'api-1', effectiveFrom: '2026-11-23T00:00:00Z', source: 'API' } as const
const ticks = fc.bigInt({ min: 0n, max: 10n ** 15n })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const rates = fc.record(
  { input: ticks, output: ticks, cacheRead: ticks, cacheWrite: ticks },
  { requiredKeys: ['input', 'output'] },
)
const tiers = fc
  .uniqueArray(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 4 })
  .chain((bounds) => {
    const sorted = bounds.toSorted((a, b) => a - b)
    return fc.tuple(
      ...sorted.map((aboveInputTokens) => rates.map((of) => ({ aboveInputTokens, ...of }))),
    )
  })

describe('a price', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        rates,
        maybe(ticks),
        maybe(tiers),
        maybe(fc.dictionary(fc.constantFrom('flex', 'priority'), rates, { noNullPrototype: true })),
        (base, perRequest, some, services) => {
          const price = {
            ...named,
            ...base,
            ...(perRequest !== undefined && { perRequest }),
            ...(some && { tiers: some }),
            ...(services && { serviceTiers: services }),
          }
          const written = JSON.parse(JSON.stringify(writePrice(price)))
          expect(writtenPriceIssues(written)).toEqual([])
          expect(readWrittenPrice(written, named)).toEqual(price)
        },
      ),
    )
  })

  it.each<[string, Partial<WrittenPrice>, readonly string[]]>([
    ['more decimals than a tick has', { input: '0.00000000001' }, ['input']],
    ['a float', { output: '1e3' }, ['output']],
    ['a debt', { cacheRead: '-1' }, ['cacheRead']],
    ['a fortune', { perRequest: '100000.0000000001' }, ['perRequest']],
    ['a word', { cacheWrite: 'free' }, ['cacheWrite']],
    [
      'a tier from nothing on',
      { tiers: [{ aboveInputTokens: 0, input: '1', output: '1' }] },
      ['tiers', '0', 'aboveInputTokens'],
    ],
    [
      'a tier that stands twice',
      {
        tiers: [
          { aboveInputTokens: 5, input: '1', output: '1' },
          { aboveInputTokens: 5, input: '2', output: '2' },
        ],
      },
      ['tiers', '1', 'aboveInputTokens'],
    ],
    [
      'a service tier without a number',
      { serviceTiers: { flex: { input: '', output: '1' } } },
      ['serviceTiers', 'flex', 'input'],
    ],
  ])('is none with %s', (_, part, path) => {
    const issues = writtenPriceIssues({ input: '1', output: '1', ...part })
    expect(issues.map((issue) => issue.path)).toEqual([path])
  })
})
