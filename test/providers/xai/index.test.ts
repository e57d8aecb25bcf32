import { afterEach, describe, expect, it } from 'vitest'
import type { ProviderConfig } from '#domain/config.ts'
import { parseUsd } from '#domain/money.ts'
import { priceByTable } from '#domain/price.ts'
import { createXaiAdapter } from '#providers/xai/index.ts'
import { httpAnswer, type RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, textOfEvents, type Vendor, vendor } from '#test/support/vendor.ts'

let xai: Vendor

afterEach(() => xai.stop())

const start = async (script: readonly RawStep[], config: Partial<ProviderConfig> = {}) => {
  xai = await vendor(createXaiAdapter, {
    script,
    config: { name: 'xai', kind: 'XAI', priceList: 'xai', ...config },
  })
  return xai
}

const knownGood = {
  inputTokens: 12,
  cacheReadInputTokens: 11,
  cacheWriteInputTokens: 0,
  outputTokens: 291,
  reasoningOutputTokens: 290,
  source: 'PROVIDER_REPORTED' as const,
}

describe('xAI', () => {
  it('counts reasoning apart from the completion and bills in ticks, whole', async () => {
    const { ask } = await start([fixtureAnswer('xai/reasoning.json')])
    const { end, events, producedBytes } = await ask()
    expect(end).toMatchObject({
      usage: knownGood,
      reportedCost: 1_466_250n,
      finishReason: 'STOP',
      servedModel: 'grok-4-fast',
    })
    expect(events).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'reasoning', text: 'The user greets.' },
    ])
    expect(producedBytes).toBe(18)
  })

  it('bills what the normal form costs at its prices', () => {
    const million = (usd: string) => parseUsd(usd)
    const price = {
      version: 'x',
      effectiveFrom: '2026-01-01T00:00:00Z',
      input: million('0.30'),
      cacheRead: million('0.075'),
      output: million('0.50'),
    }
    expect(priceByTable(knownGood, price).total).toBe(1_466_250n)
  })

  it('streams reasoning, usage, cost and citations', async () => {
    const { ask } = await start([fixtureAnswer('xai/reasoning.sse')])
    const { end, events } = await ask({ stream: true })
    expect(end).toMatchObject({ usage: knownGood, reportedCost: 1_466_250n })
    expect(textOfEvents(events, 'reasoning')).toBe('The user greets.')
    expect(textOfEvents(events)).toBe('Hi')
    expect(events.at(-1)).toEqual({ type: 'citation', url: 'https://example.com/x', title: null })
  })

  it.each([
    [false, false],
    [true, true],
  ])('with a v0.7.2 configuration (%s) shows usage unasked: %s', async (legacy, shown) => {
    const { ask } = await start([fixtureAnswer('xai/reasoning.sse')], { legacy })
    const { raw, end } = await ask({ stream: true })
    expect(raw.includes('cost_in_usd_ticks')).toBe(shown)
    expect(raw === fixture('xai/reasoning.sse').toString()).toBe(shown)
    expect(end?.reportedCost).toBe(1_466_250n)
  })

  it('can have cached more than the prompt', async () => {
    const { ask } = await start([fixtureAnswer('xai/cached-beyond-prompt.json')])
    expect((await ask()).end?.usage).toEqual({ ...knownGood, inputTokens: 11 })
  })

  it.each([-1, 1.5, '7', 100_000_001])(
    'is not believed where it says that it thought %j tokens',
    async (reasoning_tokens) => {
      const usage = {
        prompt_tokens: 1,
        completion_tokens: 1,
        completion_tokens_details: { reasoning_tokens },
      }
      const document = JSON.stringify({ choices: [{ message: { content: 'a' } }], usage })
      const { ask } = await start([httpAnswer(document)])
      expect((await ask()).end?.usage).toBeUndefined()
    },
  )

  it('keeps the last digit of a cost beyond a float', async () => {
    const { ask } = await start([fixtureAnswer('xai/huge-cost.json')])
    expect((await ask()).end?.reportedCost).toBe(12_345_678_901_234_567n)
  })

  it.each([
    ['xai/error.json', 429, 'PROVIDER_QUOTA'],
    ['xai/error.json', 403, 'PROVIDER_QUOTA'],
    ['xai/error-key.json', 400, 'PROVIDER_AUTH'],
  ])('says in %s of %i what is %s', async (path, status, code) => {
    const { refused } = await start([fixtureAnswer(path, { status })])
    expect(await refused()).toMatchObject({ code, status })
  })
})
