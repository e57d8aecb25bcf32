import { afterEach, describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { createOpenRouterAdapter } from '#providers/openrouter/index.ts'
import type { RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, textOfEvents, type Vendor, vendor } from '#test/support/vendor.ts'

let openrouter: Vendor

afterEach(() => openrouter.stop())

const start = async (script: readonly RawStep[]) => {
  openrouter = await vendor(createOpenRouterAdapter, {
    script,
    config: {
      name: 'openrouter',
      kind: 'OPENROUTER',
      priceList: 'openrouter',
      headers: { 'HTTP-Referer': 'https://a.test', 'X-Title': 'A' },
    },
  })
  return openrouter
}

const usage = {
  inputTokens: 194,
  cacheReadInputTokens: 100,
  cacheWriteInputTokens: 0,
  outputTokens: 20,
  reasoningOutputTokens: 8,
  source: 'PROVIDER_REPORTED',
}

describe('OpenRouter', () => {
  it.each([
    ['text', 12_150_200n],
    ['own-key', 10_500_000n],
    ['own-key-untold', undefined],
    ['fine-cost', 1_101n],
  ])('bills for %s %s ticks', async (name, reportedCost) => {
    const { ask } = await start([fixtureAnswer(`openrouter/${name}.json`)])
    const { end, events } = await ask()
    expect(end?.usage).toEqual(usage)
    expect(end?.reportedCost).toBe(reportedCost)
    expect(events).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'reasoning', text: 'A greeting.' },
    ])
  })

  it('streams past its comments, and passes on those that come after its first words', async () => {
    const { ask } = await start([fixtureAnswer('openrouter/text.sse')])
    const { raw, end, events } = await ask({
      stream: true,
      stream_options: { include_usage: true },
    })
    const sent = fixture('openrouter/text.sse').toString()
    expect(raw).toBe(sent.slice(sent.indexOf('data: ')))
    expect(raw).toContain(': OPENROUTER PROCESSING')
    expect(end).toMatchObject({ usage, reportedCost: 12_150_200n, finishReason: 'STOP' })
    expect(textOfEvents(events)).toBe('Hello')
    expect(textOfEvents(events, 'reasoning')).toBe('A greeting.')
  })

  it.each([
    ['error-in-stream', 'PROVIDER_UNAVAILABLE', 'Hel'],
    ['error-at-start', 'PROVIDER_RATE_LIMITED', ''],
  ])('breaks off in %s with %s', async (name, code, text) => {
    const { ask } = await start([fixtureAnswer(`openrouter/${name}.sse`)])
    const { error, events, end } = await ask({ stream: true })
    expect(error).toMatchObject({ code, details: { provider: 'openrouter' } })
    expect(textOfEvents(events)).toBe(text)
    expect(end).toBeUndefined()
  })

  it.each([
    ['error-credits', 402, 'PROVIDER_QUOTA'],
    ['error-moderation', 403, 'CONTENT_BLOCKED'],
  ])('says in %s of %i what is %s', async (name, status, code) => {
    const { refused } = await start([fixtureAnswer(`openrouter/${name}.json`, { status })])
    expect(await refused()).toMatchObject({ code, status })
  })

  it('refuses inside a document of 200 with the status that it names', async () => {
    const { refused } = await start([fixtureAnswer('openrouter/error-in-document.json')])
    const error = await refused()
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', status: 502 })
    expect(Buffer.from(error.details.upstream?.body ?? []).toString()).toBe(
      fixture('openrouter/error-in-document.json').toString(),
    )
  })

  it('lists models with what they take', async () => {
    const { adapter } = await start([fixtureAnswer('openrouter/models.json')])
    expect(await adapter.models(new Cancellation())).toEqual([
      { id: 'meta-llama/llama-3.3-70b-instruct', contextWindow: 131_072, maxOutputTokens: 16_384 },
    ])
  })

  it('is told who calls', async () => {
    const { ask, server } = await start([fixtureAnswer('openrouter/text.json')])
    await ask()
    expect(server.requests[0]).toMatch(/\r\nhttp-referer: https:\/\/a\.test\r\n/i)
    expect(server.requests[0]).toMatch(/\r\nx-title: A\r\n/i)
  })
})
