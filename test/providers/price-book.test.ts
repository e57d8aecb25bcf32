import { describe, expect, it } from 'vitest'
import type { PriceOverride } from '#domain/price-override.ts'
import { createPriceBook } from '#providers/price-book.ts'
import { vendoredPrices } from '#providers/price-table.ts'

const openai = { name: 'openai', priceList: 'openai' }
const mine = { name: 'mine', priceList: undefined }
const vendored = vendoredPrices()
const on = (day: string) => Date.parse(`${day}T00:00:00Z`)
const today = on('2026-11-23')

const override = (
  input: bigint,
  { model = 'gpt-4.1', from = '2026-01-01', providerName = 'openai' } = {},
): PriceOverride => ({
  providerName,
  model,
  price: { version: `v${input}`, effectiveFrom: `${from}T00:00:00Z`, input, output: 1n },
})

describe('the price of a model', () => {
  it('is the vendored one where nobody set another', () => {
    const book = createPriceBook(vendored)
    expect(book.price(openai, 'gpt-4.1', today)).toBe(vendored.price('openai', 'gpt-4.1', today))
  })

  it('is that of the configuration before the vendored one, and that of the API before both', () => {
    const book = createPriceBook(vendored)
    book.override('CONFIG', [override(7n)])
    expect(book.price(openai, 'gpt-4.1', today)?.input).toBe(7n)
    book.override('API', [override(8n)])
    expect(book.price(openai, 'gpt-4.1', today)?.input).toBe(8n)
    book.override('API', [])
    expect(book.price(openai, 'gpt-4.1', today)?.input).toBe(7n)
  })

  it.each<[string, bigint | undefined]>([
    ['2025-12-31', undefined],
    ['2026-01-01', 1n],
    ['2026-05-31', 1n],
    ['2026-06-01', 2n],
    ['2026-12-01', 3n],
  ])('on %s is the latest that is in force', (day, input) => {
    const book = createPriceBook(vendored)
    const of = { model: 'm', providerName: 'mine' }
    book.override('API', [
      override(2n, { ...of, from: '2026-06-01' }),
      override(3n, { ...of, from: '2026-12-01' }),
      override(1n, of),
    ])
    expect(book.price(mine, 'm', on(day))?.input).toBe(input)
  })

  it('that is set for a later day leaves today’s as it is', () => {
    const book = createPriceBook(vendored)
    book.override('CONFIG', [override(7n)])
    book.override('API', [override(8n, { from: '2027-01-01' })])
    expect(book.price(openai, 'gpt-4.1', today)?.input).toBe(7n)
  })

  it('of one provider is not that of another with the same list', () => {
    const book = createPriceBook(vendored)
    book.override('API', [override(8n)])
    const azure = { name: 'azure', priceList: 'openai' }
    expect(book.price(azure, 'gpt-4.1', today)?.version).toMatch(/^openai-/)
  })

  it('may be one for all models of a provider, and one by name goes before it', () => {
    const book = createPriceBook(vendored)
    const free: PriceOverride = {
      providerName: 'mine',
      model: undefined,
      price: { version: 'config', effectiveFrom: '1970-01-01T00:00:00Z', input: 0n, output: 0n },
    }
    book.override('CONFIG', [free, override(5n, { model: 'm', providerName: 'mine' })])
    expect(book.price(mine, 'anything', today)?.input).toBe(0n)
    expect(book.price(mine, 'm', today)?.input).toBe(5n)
  })

  it('is looked up by exact name', () => {
    const book = createPriceBook(vendored)
    book.override('API', [override(8n, { model: 'gpt-new' })])
    expect(book.price(openai, 'gpt-new-mini', today)).toBeUndefined()
  })
})

it('tells by its revision that prices have changed', () => {
  const book = createPriceBook(vendored)
  const before = book.revision
  book.override('API', [])
  expect(book.revision).toBeGreaterThan(before)
})
