import { describe, expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const readFile = (text: string) =>
  readStrictFile(parseYaml(`version: 1\n${text}`), providerSettings())

const read = (...entries: string[]) => {
  const list = entries.map((entry) => `  - ${entry}\n`).join('')
  return readFile(`providers:\n  openai: {type: openai}\nprices:\n${list}`).prices
}

const always = { version: 'config', effectiveFrom: '1970-01-01T00:00:00Z', source: 'CONFIG' }

describe('a price', () => {
  it.each<[string, object]>([
    [
      '{ provider: openai, model: m, input: "1.25", output: "10" }',
      {
        providerName: 'openai',
        model: 'm',
        price: { ...always, input: 12_500_000_000n, output: 100_000_000_000n },
      },
    ],
    [
      '{ provider: openai, model: m, effective_from: 2026-11-23, input: "0.0000000001", output: "0", per_request: "0.01" }',
      {
        providerName: 'openai',
        model: 'm',
        price: {
          version: 'config-2026-11-23',
          effectiveFrom: '2026-11-23T00:00:00Z',
          source: 'CONFIG',
          input: 1n,
          output: 0n,
          perRequest: 100_000_000n,
        },
      },
    ],
    [
      '{ provider: openai, model: m, effective_from: "2026-11-23T09:30:00+02:00", input: "1", output: "1" }',
      { price: expect.objectContaining({ effectiveFrom: '2026-11-23T07:30:00Z' }) },
    ],
    [
      '{ provider: ollama, free: true }',
      { providerName: 'ollama', model: undefined, price: { ...always, input: 0n, output: 0n } },
    ],
    [
      '{ provider: openai, model: m, input: "1", output: "2", cache_read: "0.1", cache_write: "1.1", tiers: [{ above_input_tokens: 400, input: "3", output: "4" }, { above_input_tokens: 200, input: "2", output: "3" }], service_tiers: { flex: { input: "0.5", output: "1" } } }',
      {
        price: {
          ...always,
          input: 10_000_000_000n,
          output: 20_000_000_000n,
          cacheRead: 1_000_000_000n,
          cacheWrite: 11_000_000_000n,
          tiers: [
            { aboveInputTokens: 200, input: 20_000_000_000n, output: 30_000_000_000n },
            { aboveInputTokens: 400, input: 30_000_000_000n, output: 40_000_000_000n },
          ],
          serviceTiers: { flex: { input: 5_000_000_000n, output: 10_000_000_000n } },
        },
      },
    ],
  ])('%s', (entry, price) => {
    expect(read(entry)).toEqual([expect.objectContaining(price)])
  })

  it.each<[string, string]>([
    [
      '{ provider: openai, model: m, inptu: "1", output: "1" }',
      '5:35 prices.0.inptu is not known; did you mean input?',
    ],
    [
      '{ provider: openai, model: m, input: 1.25, output: "10" }',
      '5:35 prices.0.input must be US dollars as a string, in quotes',
    ],
    [
      '{ provider: openai, model: m, input: "1.00000000001", output: "10" }',
      '5:35 prices.0.input must be US dollars from 0 to 100000, with at most 10 decimals, in quotes',
    ],
    [
      '{ provider: openai, model: m, input: "-1", output: "10" }',
      '5:35 prices.0.input must be US dollars from 0',
    ],
    [
      '{ provider: openai, model: m, input: "100000.1", output: "10" }',
      '5:35 prices.0.input must be US dollars from 0 to 100000',
    ],
    ['{ provider: openai, model: m, input: "1" }', '5:5 prices.0 needs an output price'],
    ['{ provider: openai, input: "1", output: "1" }', '5:5 prices.0 needs a model'],
    [
      '{ provider: openai, free: true, output: "1" }',
      '5:37 prices.0.output has no meaning beside free: true',
    ],
    ['{ provider: openai, free: false }', '5:25 prices.0.free'],
    [
      '{ provider: opnai, model: m, input: "1", output: "1" }',
      '5:7 prices.0.provider there is no provider opnai; did you mean openai?',
    ],
    [
      '{ provider: openai, model: m, effective_from: soon, input: "1", output: "1" }',
      '5:35 prices.0.effective_from expected a day such as 2026-11-23',
    ],
    [
      '{ provider: openai, model: m, input: "1", output: "1", tiers: [{ above_input_token: 5, input: "1", output: "1" }] }',
      'prices.0.tiers.0.above_input_token is not known; did you mean above_input_tokens?',
    ],
    [
      '{ provider: openai, model: m, input: "1", output: "1", tiers: [{ above_input_tokens: 5, input: "1", output: "1" }, { above_input_tokens: 5, input: "1", output: "1" }] }',
      'prices.0.tiers.1.above_input_tokens stands twice: 5',
    ],
    [
      '{ provider: openai, model: m, input: "1", output: "1", service_tiers: { flex: { input: "1" } } }',
      '5:77 prices.0.service_tiers.flex.output must be US dollars as a string',
    ],
  ])('is refused: %s', (entry, message) => {
    expect(() => read(entry)).toThrow(message)
  })

  it('stands once for a model and a day', () => {
    const entry =
      '{ provider: openai, model: m, effective_from: 2026-11-23, input: "1", output: "1" }'
    expect(() => read(entry, entry)).toThrow('6:7 prices.1.provider has two prices for m')
    expect(read(entry, entry.replace('-23', '-24'))).toHaveLength(2)
  })
})

it.each([
  ['', false],
  ['allow_unpriced: true', true],
  ['allow_unpriced: false', false],
])('%j decides whether models without a price may run under a blocking budget', (text, allowed) => {
  expect(readFile(text).allowUnpriced).toBe(allowed)
})

it('is said with a word that is neither yes nor no', () => {
  expect(() => readFile('allow_unpriced: maybe')).toThrow('2:1 allow_unpriced')
})

it.each([
  ['default_max_tokens: 4096', 4096],
  ['providers: {}', undefined],
])('reads what a call may produce that states no limit: %s', (text, tokens) => {
  expect(readFile(text).defaultMaxTokens).toBe(tokens)
})
