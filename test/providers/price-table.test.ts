import { describe, expect, it } from 'vitest'
import { formatUsd } from '#domain/money.ts'
import { readPriceFile } from '#providers/price-file.ts'
import { createPriceTable, vendoredPrices } from '#providers/price-table.ts'

const prices = vendoredPrices()
const today = Date.parse('2026-11-22T12:00:00Z')

const rates = (list: string | undefined, model: string, at = today) => {
  const price = prices.price(list, model, at)
  return (
    price &&
    [price.input, price.cacheRead ?? price.input, price.output].map((ticks) => formatUsd(ticks))
  )
}

describe('the vendored prices', () => {
  it.each([
    ['openai', 'gpt-4.1', ['2', '0.5', '8']],
    ['openai', 'gpt-4.1-mini', ['0.4', '0.1', '1.6']],
    ['openai', 'gpt-4.1-mini-2025-04-14', ['0.4', '0.1', '1.6']],
    ['openai', 'gpt-4o', ['2.5', '1.25', '10']],
    ['openai', 'gpt-4o-2024-08-06', ['2.5', '1.25', '10']],
    ['openai', 'gpt-4o-2024-05-13', ['5', '5', '15']],
    ['openai', 'gpt-5-mini', ['0.25', '0.025', '2']],
    ['openai', 'o3', ['2', '0.5', '8']],
    ['openai', 'text-embedding-3-small', ['0.02', '0.02', '0']],
    ['xai', 'grok-3-mini', ['0.3', '0.075', '0.5']],
    ['perplexity', 'perplexity/sonar', ['0.25', '0.0625', '2.5']],
    ['openrouter', 'openai/gpt-4.1-mini', ['0.4', '0.1', '1.6']],
    ['simulator', 'smart', ['3', '3', '15']],
  ])('of %s %s are as published', (list, model, expected) => {
    expect(rates(list, model)).toEqual(expected)
  })

  it.each([
    ['openai', 'gpt-4.1-mini-2027-01-01'],
    ['openai', 'gpt-4.1-mini-preview'],
    ['openai', 'GPT-4.1'],
    ['openai', 'ft:gpt-4.1-mini-2025-04-14:me::x'],
    ['openai', 'grok-3-mini'],
    ['openai', '__proto__'],
    ['nobody', 'gpt-4.1'],
    [undefined, 'gpt-4.1'],
  ])('of %s have none for %s: nothing is matched by likeness', (list, model) => {
    expect(prices.price(list, model, today)).toBeUndefined()
  })

  it('are free for whatever runs locally', () => {
    expect(prices.price('local', 'any-model:8b', today)).toMatchObject({
      version: 'local',
      input: 0n,
      output: 0n,
    })
  })

  it('name the list and its day as their version', () => {
    expect(prices.price('openai', 'gpt-4.1', today)?.version).toMatch(/^openai-\d{4}-\d{2}-\d{2}$/)
  })

  it.each([
    ['2025-04-15T23:59:59Z', undefined],
    ['2025-04-16T00:00:00Z', ['10', '2.5', '40']],
    ['2025-06-09T23:59:59Z', ['10', '2.5', '40']],
    ['2025-06-10T00:00:00Z', ['2', '0.5', '8']],
  ])('at %s are those in force then', (instant, expected) => {
    expect(rates('openai', 'o3', Date.parse(instant))).toEqual(expected)
  })

  it('rise with the length of a prompt, and with the service tier', () => {
    const price = prices.price('openai', 'gpt-5.4', today)
    expect(price?.tiers).toEqual([
      expect.objectContaining({ aboveInputTokens: 272_000, input: 50_000_000_000n }),
    ])
    expect(price?.serviceTiers?.['priority']?.output).toBe(300_000_000_000n)
  })

  it('come with what is known of the model', () => {
    expect(prices.facts('openai', 'gpt-4o-2024-11-20')).toMatchObject({
      id: 'gpt-4o',
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
      capabilities: expect.arrayContaining(['VISION', 'TOOLS']),
    })
  })

  it('cover every list and every model of the simulator', () => {
    expect(prices.models('simulator').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['fast', 'embedding', 'error-429']),
    )
    for (const list of ['openai', 'xai', 'perplexity', 'openrouter'])
      expect(prices.models(list).length).toBeGreaterThan(2)
    expect(prices.models('local')).toEqual([])
  })

  it('bound the output of every model that makes some, or at least its context', () => {
    const all = ['openai', 'xai', 'openrouter', 'simulator'].flatMap((list) => prices.models(list))
    expect(
      all.filter(
        ({ maxOutputTokens, contextWindow }) => maxOutputTokens === null && contextWindow === null,
      ),
    ).toEqual([])
  })
})

const fileOf = (model: object, over: object = {}) =>
  JSON.stringify({
    list: 'test',
    date: '2026-11-22',
    models: [
      {
        id: 'm',
        source: 'a page',
        checked: '2026-11-22',
        prices: [{ effectiveFrom: '2026-01-01', input: '1', output: '2' }],
        ...model,
      },
    ],
    ...over,
  })

describe('a price file', () => {
  it.each<[string, string, string | RegExp]>([
    [
      'a number for money',
      fileOf({ prices: [{ effectiveFrom: '2026-01-01', input: 1, output: '2' }] }),
      /expected string/,
    ],
    [
      'a negative price',
      fileOf({ prices: [{ effectiveFrom: '2026-01-01', input: '-1', output: '2' }] }),
      /a decimal number/,
    ],
    [
      'more digits than a tick has',
      fileOf({ prices: [{ effectiveFrom: '2026-01-01', input: '0.00000000001', output: '2' }] }),
      /a decimal number/,
    ],
    ['no price', fileOf({ prices: [] }), /Too small/],
    ['no source', fileOf({ source: '' }), /Too small/],
    ['no day', fileOf({ checked: 'yesterday' }), /Invalid ISO date/],
    ['a key that is not known', fileOf({ inptu: '1' }), /inptu/],
    [
      'two prices from one day on',
      fileOf({
        prices: ['1', '2'].map((input) => ({ effectiveFrom: '2026-01-01', input, output: '2' })),
      }),
      'two prices from one day',
    ],
    ['nothing that is JSON', 'list: test', /JSON/],
  ])('with %s is refused', (_, text, message) => {
    expect(() => readPriceFile(text)).toThrow(message)
  })

  it('may name its prices in any order', () => {
    const days = ['2026-02-01', '2026-03-01', '2026-01-01']
    const { models } = readPriceFile(
      fileOf({ prices: days.map((effectiveFrom) => ({ effectiveFrom, input: '1', output: '2' })) }),
    )
    expect(models[0]?.prices.map(({ effectiveFrom }) => effectiveFrom.slice(0, 10))).toEqual(
      days.toSorted().toReversed(),
    )
  })

  it('with the same name twice makes no table', () => {
    const list = readPriceFile(fileOf({ aliases: ['m'] }))
    expect(() => createPriceTable([list])).toThrow('m stands twice')
    const other = readPriceFile(fileOf({}))
    expect(() => createPriceTable([other, other])).toThrow('two price lists')
  })
})
