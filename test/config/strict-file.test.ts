import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { ConfigFileError, parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const read = (text: string, settings = providerSettings()) =>
  readStrictFile(parseYaml(`version: 1\n${text}`), settings)

const refusals = (text: string) => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof ConfigFileError) return error.issues
    throw error
  }
  return []
}

describe('an entry', () => {
  it.each<[string, string, object]>([
    [
      'openai',
      'p: {type: openai}',
      {
        kind: 'OPENAI',
        baseUrl: 'https://api.openai.com/v1',
        apiKeyEnv: 'OPENAI_API_KEY',
        priceList: 'openai',
      },
    ],
    [
      'xai',
      'p: {type: xai}',
      { kind: 'XAI', baseUrl: 'https://api.x.ai/v1', apiKeyEnv: 'XAI_API_KEY', priceList: 'xai' },
    ],
    [
      'openrouter',
      'p: {type: openrouter}',
      { kind: 'OPENROUTER', apiKeyEnv: 'OPENROUTER_API_KEY', priceList: 'openrouter' },
    ],
    [
      'perplexity',
      'p: {type: perplexity}',
      {
        kind: 'PERPLEXITY',
        baseUrl: 'https://api.perplexity.ai',
        chatPath: '/v1/agent',
        modelsPath: '/v1/models',
      },
    ],
    [
      'perplexity with its version',
      'p: {type: perplexity, base_url: "http://h.test/v1/"}',
      { baseUrl: 'http://h.test', chatPath: '/v1/agent' },
    ],
    [
      'ollama',
      'p: {type: ollama}',
      {
        kind: 'OLLAMA',
        baseUrl: 'http://127.0.0.1:11434',
        priceList: 'local',
        apiKeyEnv: undefined,
      },
    ],
    ['simulator', 'p: {type: simulator}', { kind: 'SIMULATOR', priceList: 'simulator' }],
    [
      'openai_compat',
      'openai: {type: openai_compat, base_url: "http://h.test/v1"}',
      { kind: 'OPENAI_COMPATIBLE', priceList: undefined, apiKeyEnv: undefined },
    ],
    [
      'openai_compat at a known address',
      'p: {type: openai_compat, base_url: "https://api.openai.com/v1"}',
      { kind: 'OPENAI_COMPATIBLE', priceList: 'openai' },
    ],
    [
      'no type at a known address',
      'p: {base_url: "https://api.x.ai/v1"}',
      { kind: 'XAI', priceList: 'xai', apiKeyEnv: 'XAI_API_KEY' },
    ],
    [
      'no type under a known name',
      'grok: {base_url: "http://h.test/v1", api_key_env: K}',
      { kind: 'XAI', apiKeyEnv: 'K' },
    ],
    [
      'no type',
      'p: {base_url: "http://h.test/v1"}',
      { kind: 'OPENAI_COMPATIBLE', priceList: undefined },
    ],
    [
      'a provider with a limit',
      'p: {type: openai, max_concurrency: 8}',
      { kind: 'OPENAI', maxConcurrency: 8 },
    ],
  ])('of %s is complete', (_, line, expected) => {
    const { providers } = read(`providers:\n  ${line}`)
    expect(providers[0]).toMatchObject({
      ...expected,
      legacy: false,
      timeouts: { connectMs: 5000, firstTokenMs: 30_000, stallMs: 30_000, totalMs: 600_000 },
    })
  })

  it('that still names Sonar is told', () => {
    const { warnings } = read(
      'providers:\n  p: {type: openai_compat, base_url: "https://api.perplexity.ai"}',
    )
    expect(warnings).toEqual([
      {
        path: ['providers', 'p'],
        message: expect.stringContaining('retired on 27 September 2026'),
      },
    ])
  })
})

it.each(['', 'providers:', 'providers: {}'])('may have no entries (%j)', (text) => {
  expect(read(text).providers).toEqual([])
})

describe('a fault', () => {
  it.each<[string, string, readonly string[], string, number, number]>([
    ['an unknown key', 'provider: {}', ['provider'], 'is not known; did you mean providers?', 2, 1],
    [
      'an unknown field',
      'providers:\n  p:\n    type: openai\n    base_ulr: x',
      ['providers', 'p', 'base_ulr'],
      'is not known; did you mean base_url?',
      5,
      5,
    ],
    [
      'an unknown type',
      'providers:\n  p:\n    type: openia',
      ['providers', 'p', 'type'],
      'Invalid option',
      4,
      5,
    ],
    [
      'an address that is none',
      'providers:\n  p:\n    base_url: localhost',
      ['providers', 'p', 'base_url'],
      'expected an http or https address',
      4,
      5,
    ],
    [
      'a password in an address',
      'providers:\n  p:\n    base_url: http://a:b@h.test',
      ['providers', 'p', 'base_url'],
      'no user and no password',
      4,
      5,
    ],
    ['no address', 'providers:\n  p: {}', ['providers', 'p'], 'needs a base_url', 3, 3],
    [
      'a key in the place of its name',
      'providers:\n  p: {type: openai, api_key_env: sk-secret}',
      ['providers', 'p', 'api_key_env'],
      'the name of an environment variable',
      3,
      21,
    ],
    [
      'a name with a colon',
      'providers:\n  "a:b": {type: openai}',
      ['providers', 'a:b'],
      'cannot be the name',
      3,
      3,
    ],
    [
      'a name that is taken',
      'providers:\n  agent: {type: openai}',
      ['providers', 'agent'],
      'cannot be the name',
      3,
      3,
    ],
    [
      "the simulator's name",
      'providers:\n  simulator: {type: openai}',
      ['providers', 'simulator'],
      'cannot be the name',
      3,
      3,
    ],
    [
      'a limit that lets nobody in',
      'providers:\n  p: {type: openai, max_concurrency: 0}',
      ['providers', 'p', 'max_concurrency'],
      '>=1',
      3,
      21,
    ],
    [
      'a header that cannot be sent',
      'providers:\n  p: {type: openai, default_headers: {X-A: "a\\nb"}}',
      ['providers', 'p', 'default_headers', 'X-A'],
      'cannot be sent',
      3,
      39,
    ],
    [
      'an entry that is a list',
      'providers:\n  p: [1]',
      ['providers', 'p'],
      'expected object',
      3,
      3,
    ],
    ['providers that are a list', 'providers: [1]', ['providers'], 'expected record', 2, 1],
    [
      'a query in an address',
      'providers:\n  p:\n    base_url: http://h.test/v1?a=b',
      ['providers', 'p', 'base_url'],
      'no query and no fragment',
      4,
      5,
    ],
    [
      'a control character in a name',
      'providers:\n  "a\\u0007b": {type: openai}',
      ['providers', 'a\u0007b'],
      'cannot be the name',
      3,
      3,
    ],
    [
      'an entry that is null',
      'providers:\n  ollama:',
      ['providers', 'ollama'],
      'expected object',
      3,
      3,
    ],
    [
      'a number in a header',
      'providers:\n  p: {type: openai, default_headers: {X-A: 5}}',
      ['providers', 'p', 'default_headers', 'X-A'],
      'expected string',
      3,
      39,
    ],
    [
      'a path that is a number',
      'providers:\n  p: {type: openai, chat_path: 5}',
      ['providers', 'p', 'chat_path'],
      'expected string',
      3,
      21,
    ],
    [
      'a misspelt field that was merged in',
      'providers:\n  p:\n    type: openai\n    <<: {base_ulr: x}',
      ['providers', 'p', 'base_ulr'],
      'did you mean base_url?',
      3,
      3,
    ],
    [
      'a key that stands twice',
      'providers:\n  p: {type: openai}\n  p: {type: xai}',
      ['providers', 'p'],
      'stands twice',
      4,
      3,
    ],
  ])(
    'of %s has its path, its place and what was expected',
    (_, text, path, message, line, column) => {
      expect(refusals(text)).toContainEqual({
        path,
        message: expect.stringContaining(message),
        line,
        column,
      })
    },
  )

  it('is told with all others at once, and never with a key', () => {
    const issues = refusals(
      'providers:\n  a: {type: openia}\n  b: {api_key_env: sk-secret}\n  c: {x: 1}',
    )
    expect(issues.length).toBeGreaterThanOrEqual(3)
    expect(JSON.stringify(issues)).not.toContain('sk-secret')
  })
})

it('is what README shows of routes', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const examples = [...readme.matchAll(/```yaml\nversion: 1\n(.*?)```/gs)].map(
    ([, text = '']) => text,
  )
  const [routed = ''] = examples.filter((text) => text.includes('\nroutes:'))
  expect(read(routed)).toMatchObject({
    aliases: { default: 'smart' },
    routes: [{ name: 'smart', targets: [{}, { scope: 'smart' }, {}], rules: [{}] }],
  })
})

it('is of version 1 and no other', () => {
  expect(() => readStrictFile(parseYaml('version: 2'), providerSettings())).toThrow('expected 1')
})

it.each(['2', '"1"', '1.0', '01', 'true', '1e0', '99999999999999999999', '-.inf', '.nan', ''])(
  'is not of version %s',
  (version) => {
    const yaml = parseYaml(`version: ${version}`)
    expect(() => readStrictFile(yaml, providerSettings())).toThrow(/^1:1 version .*expected 1/)
  },
)

it('names every entry without an address, at most twenty', () => {
  const issues = refusals('providers:\n  a: {}\n  b: {type: xai}\n  c: {}')
  expect(issues.map(({ path, line }) => [path[1], line])).toEqual([
    ['a', 3],
    ['c', 5],
  ])
  const many = Array.from({ length: 300 }, (_, index) => `  p${index}: {}`)
  expect(refusals(`providers:\n${many.join('\n')}`)).toHaveLength(20)
})

it("goes to the environment's address of a vendor where it names none", () => {
  const settings = providerSettings({ baseUrls: { xai: 'http://127.0.0.1:9/v1' } })
  const { providers } = read(
    'providers:\n  p: {type: xai}\n  q: {type: xai, base_url: "http://h.test"}',
    settings,
  )
  expect(providers.map(({ baseUrl }) => baseUrl)).toEqual([
    'http://127.0.0.1:9/v1',
    'http://h.test',
  ])
})

it.each(['constructor', 'toString', 'hasOwnProperty', '5', 'mön'])(
  'may call a provider %s',
  (name) => {
    const { providers } = read(`providers:\n  ${name}: {type: ollama}`)
    expect(providers.map((provider) => provider.name)).toEqual([name])
  },
)
