import { afterEach, describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { createOpenAiCompatibleAdapter } from '#providers/openai-compatible/index.ts'
import { httpAnswer, type RawStep } from '#test/support/raw-server.ts'
import { fixture, fixtureAnswer, textOfEvents, type Vendor, vendor } from '#test/support/vendor.ts'

let local: Vendor

afterEach(() => local.stop())

const start = async (
  script: readonly RawStep[],
  config: Partial<ProviderConfig> = {},
  keys: Record<string, string> = {},
) => {
  local = await vendor(createOpenAiCompatibleAdapter, {
    script,
    keys,
    config: { name: 'local', kind: 'OPENAI_COMPATIBLE', priceList: undefined, ...config },
  })
  return local
}

const html = { headers: { 'content-type': 'text/html' } }

describe('a compatible server', () => {
  it.each(['odd', 'carriage-returns', 'multi-line', 'no-final-blank-line'])(
    'may send %s',
    async (name) => {
      const { ask } = await start([fixtureAnswer(`openai-compatible/${name}.sse`)])
      const { events, end, error } = await ask({ stream: true })
      expect(error).toBeUndefined()
      expect(textOfEvents(events)).toBe('Hello')
      expect(end).toMatchObject({ finishReason: 'STOP', usage: undefined })
    },
  )

  it.each(['odd', 'carriage-returns', 'multi-line', 'no-final-blank-line'])(
    'is passed on as it came with %s under a v0.7.2 configuration',
    async (name) => {
      const { ask } = await start([fixtureAnswer(`openai-compatible/${name}.sse`)], {
        legacy: true,
      })
      const { raw } = await ask({ stream: true })
      expect(fixture(`openai-compatible/${name}.sse`).toString()).toMatch(
        new RegExp(`^${escaped(raw)}(data: \\[DONE\\]\\s*)?$`),
      )
    },
  )

  it('gets its last frame closed', async () => {
    const { ask } = await start([fixtureAnswer('openai-compatible/no-final-blank-line.sse')])
    expect((await ask({ stream: true })).raw).toBe(
      `${fixture('openai-compatible/no-final-blank-line.sse').toString()}\n\n`,
    )
  })

  it('may send the arguments of a tool as an object', async () => {
    const { ask } = await start([fixtureAnswer('openai-compatible/arguments-as-object.json')])
    expect((await ask()).events).toEqual([
      { type: 'tool-call', index: 0, id: 'c1', name: 'f', argumentsDelta: '{"a":1}' },
    ])
  })

  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/vnd.api+json',
    'application/problem+JSON;x=y',
  ])('may call its JSON %s', async (contentType) => {
    const { ask } = await start([
      httpAnswer(fixture('openai/text.json'), { headers: { 'content-type': contentType } }),
    ])
    expect((await ask()).raw).toBe(fixture('openai/text.json').toString())
  })

  it.each([
    ['HTML', httpAnswer('<h1>hi</h1>', html)],
    ['no type', httpAnswer('{}', { headers: {} })],
    ['broken JSON', httpAnswer('{"choices":[')],
    ['a list', httpAnswer('[]')],
    ['no choices', httpAnswer('{"ok":true}')],
  ])('that answers %s has not answered', async (_, answer) => {
    const { refused } = await start([answer])
    expect(await refused()).toMatchObject({
      code: 'PROVIDER_PROTOCOL',
      status: 502,
      details: { provider: 'local', model: 'some-model' },
    })
  })

  it.each(['text/html', 'application/xml; charset=utf-8', 'image/png'])(
    'that answers a streamed call with %s is quoted, and has not answered',
    async (contentType) => {
      const { refused } = await start([
        httpAnswer('<h1>Gateway down</h1>', { headers: { 'content-type': contentType } }),
      ])
      const error = await refused({ stream: true })
      expect(error).toMatchObject({ code: 'PROVIDER_PROTOCOL', status: 502 })
      expect(error.message).toContain(contentType)
      expect(error.message).toContain('Gateway down')
    },
  )

  it.each<Record<string, string>>([
    {},
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/octet-stream' },
    { 'content-type': ' Text/Event-Stream ; charset=utf-8' },
  ])('may call its events %j', async (headers) => {
    const { ask } = await start([httpAnswer(fixture('openai/text.sse'), { headers })])
    expect((await ask({ stream: true })).end?.finishReason).toBe('STOP')
  })

  it('that answers with an error beside no choices has refused', async () => {
    const { refused } = await start([
      httpAnswer('{"choices":[],"error":{"code":429,"message":"slow down"}}'),
    ])
    expect(await refused()).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', status: 429 })
  })

  it('that answers text is quoted under a v0.7.2 configuration', async () => {
    const { ask } = await start([httpAnswer('<h1>"hi"</h1>', html)], { legacy: true })
    const { raw, end } = await ask()
    expect(JSON.parse(raw)).toEqual({ detail: '<h1>"hi"</h1>' })
    expect(end).toEqual({ finishReason: 'STOP' })
  })

  it('that does not know streams still answers in events', async () => {
    const { ask } = await start([fixtureAnswer('openai/large-integers.json')])
    const { raw, end, events } = await ask({ stream: true })
    expect(textOfEvents(events)).toBe('ok')
    expect(end?.usage).toMatchObject({ inputTokens: 1, outputTokens: 1 })
    expect(raw).toMatch(/^data: \{.*"seed":12345678901234567890.*\}\n\ndata: \[DONE\]\n\n$/)
    expect(raw).toContain('"delta":{"role":"assistant","content":"ok"}')
  })

  it('whose key is missing is not asked', async () => {
    const { refused, server, adapter } = await start([], { apiKeyEnv: 'LOCAL_KEY' })
    expect(await refused()).toMatchObject({
      code: 'PROVIDER_AUTH',
      message: expect.stringContaining('LOCAL_KEY'),
    })
    expect(server.requests).toHaveLength(0)
    expect(adapter.credential()).toBe('MISSING')
  })

  it('whose key is missing is asked without under a v0.7.2 configuration', async () => {
    const { ask, server } = await start([fixtureAnswer('openai/text.json')], {
      apiKeyEnv: 'LOCAL_KEY',
      legacy: true,
    })
    await ask()
    expect(server.requests[0]).not.toMatch(/authorization/i)
  })

  it.each([
    [undefined, 'NOT_NEEDED'],
    ['LOCAL_KEY', 'PRESENT'],
    ['BLANK_KEY', 'MISSING'],
  ] as const)('with its key in %s is %s', async (apiKeyEnv, credential) => {
    const { adapter } = await start([], { apiKeyEnv }, { LOCAL_KEY: 'k', BLANK_KEY: ' ' })
    expect(adapter.credential()).toBe(credential)
  })

  it('gets each header once, the key instead of a configured one', async () => {
    const { ask, server } = await start(
      [fixtureAnswer('openai/text.json')],
      {
        apiKeyEnv: 'LOCAL_KEY',
        headers: {
          authorization: 'Basic x',
          'X-A': '1',
          'x-a': '2',
          'Content-Type': 'text/plain',
          'User-Agent': 'me',
          'Transfer-Encoding': 'chunked',
        },
      },
      { LOCAL_KEY: ' k-1 ' },
    )
    await ask()
    const lines = server.requests[0]?.split('\r\n') ?? []
    expect(
      lines.filter((line) =>
        /^(authorization|x-a|content-type|user-agent|transfer-encoding):/i.test(line),
      ),
    ).toEqual([
      'user-agent: me',
      'authorization: Bearer k-1',
      'x-a: 2',
      'content-type: application/json',
    ])
  })

  it.each([
    [
      '{"data":[{"id":"a"},{"name":"b"},7,{"id":"c","context_length":4096}]}',
      [{ id: 'a' }, { id: 'c', contextWindow: 4096 }],
    ],
    ['[{"id":"a"}]', [{ id: 'a' }]],
    ['{"models":[]}', []],
  ])('lists its models in %s', async (text, models) => {
    const { adapter } = await start([httpAnswer(text)])
    expect(await adapter.models(new Cancellation())).toEqual(models)
  })

  it.each([
    ['cannot', httpAnswer('{"error":"no"}', { status: 500, ...html }), 'PROVIDER_UNAVAILABLE'],
    ['lists nonsense', httpAnswer('<html>'), 'PROVIDER_PROTOCOL'],
  ])('that %s is a failure to list', async (_, answer, code) => {
    const { adapter } = await start([answer])
    await expect(adapter.models(new Cancellation())).rejects.toMatchObject({ code })
  })
})

describe('Sonar in an old configuration', () => {
  const sonar = { name: 'perplexity', priceList: 'perplexity', legacy: true }

  it.each([
    ['sonar', { inputTokens: 6, outputTokens: 1, reasoningOutputTokens: 0 }],
    ['sonar-reasoning', { inputTokens: 6, outputTokens: 50, reasoningOutputTokens: 40 }],
  ])('bills %s with its request fee', async (name, usage) => {
    const { ask } = await start([fixtureAnswer(`openai-compatible/${name}.json`)], sonar)
    const { end, events } = await ask()
    expect(end).toMatchObject({ usage, reportedCost: 50_100_000n })
    expect(events.filter(({ type }) => type === 'citation')).toHaveLength(2)
  })

  it('repeats usage in each event: the last one counts', async () => {
    const { ask } = await start([fixtureAnswer('openai-compatible/sonar.sse')], sonar)
    const { end, events, raw } = await ask({ stream: true })
    expect(end).toMatchObject({
      usage: { inputTokens: 6, outputTokens: 1 },
      reportedCost: 50_100_000n,
    })
    expect(textOfEvents(events)).toBe('Yes')
    expect(events.filter(({ type }) => type === 'citation')).toHaveLength(1)
    expect(raw).toBe(fixture('openai-compatible/sonar.sse').toString())
  })
})

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
