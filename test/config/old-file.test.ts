import { describe, expect, it } from 'vitest'
import { readOldFile } from '#config/old-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const read = (text: string, settings = providerSettings()) => readOldFile(parseYaml(text), settings)

/** One entry called `p` with these lines. */
const entry = (lines: string, name = 'p') =>
  `providers:\n  ${name}:\n${lines
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`

const url = 'base_url: http://h.test/v1'
const keyed = `${url}\napi_key_env: KEY`

describe('the whole file', () => {
  it.each<[string, string, readonly string[]]>([
    ['nothing', '', []],
    ['a comment', '# nothing yet', []],
    ['null', 'null', []],
    ['a list', '- a\n- b', []],
    ['a text', 'hello', []],
    ['no providers', 'providers:', []],
    ['a list of providers', 'providers: [a]', []],
    ['providers', `providers:\n  b: {${url}}\n  a: {${url}}`, ['b', 'a']],
    ['providers without the key above', `b: {${url}}\na: {${url}}`, ['b', 'a']],
    ['other keys beside providers', `other: 1\nproviders:\n  a: {${url}}`, ['a']],
    ['a name that is a number', `providers:\n  123: {${url}}`, ['123']],
    ['a name that looks like a boolean', `providers:\n  on: {${url}}`, ['on']],
    ['a provider called version', `version: {${url}}`, ['version']],
    ['merged mappings', `x: &x\n  ${url}\nproviders:\n  a:\n    <<: *x`, ['a']],
    [
      'a bad entry among good ones',
      `providers:\n  a: {${url}}\n  b: 7\n  c: {}\n  d: {${url}}`,
      ['a', 'd'],
    ],
  ])('may be %s', (_, text, names) => {
    expect(read(text).providers.map(({ name }) => name)).toEqual(names)
  })

  it('takes the last of two entries with one name, and says so', () => {
    const { providers, warnings } = read(
      `providers:\n  a: {base_url: http://one.test}\n  a: {base_url: http://two.test}`,
    )
    expect(providers.map(({ baseUrl }) => baseUrl)).toEqual(['http://two.test'])
    expect(warnings[0]).toEqual({
      path: ['providers', 'a'],
      message: 'stands twice (line 3, column 3); the last one counts',
    })
  })
})

describe('an entry', () => {
  it.each<[string, string, object]>([
    [
      'the defaults',
      keyed,
      {
        name: 'p',
        kind: 'OPENAI_COMPATIBLE',
        priceList: undefined,
        baseUrl: 'http://h.test/v1',
        chatPath: '/chat/completions',
        modelsPath: '/models',
        embeddingsPath: '/embeddings',
        headers: {},
        apiKeyEnv: 'KEY',
        legacy: true,
      },
    ],
    ['its type written out', `type: openai_compat\n${keyed}`, { kind: 'OPENAI_COMPATIBLE' }],
    ['a null type', `type:\n${keyed}`, { kind: 'OPENAI_COMPATIBLE' }],
    [
      'no slash at the end of its address',
      'base_url: http://h.test/v1///\napi_key_env: KEY',
      { baseUrl: 'http://h.test/v1' },
    ],
    [
      'paths',
      `${keyed}\nchat_path: /c\nmodels_path: /m\nembeddings_path: /e`,
      { chatPath: '/c', modelsPath: '/m', embeddingsPath: '/e' },
    ],
    [
      'paths without their slash',
      `${keyed}\nchat_path: c/d\nmodels_path: m`,
      { chatPath: '/c/d', modelsPath: '/m' },
    ],
    [
      'empty paths as none',
      `${keyed}\nchat_path: ''\nmodels_path:`,
      { chatPath: '/chat/completions', modelsPath: '/models' },
    ],
    [
      'headers',
      `${keyed}\ndefault_headers: {X-A: b, X-N: 5, X-B: true}`,
      { headers: { 'X-A': 'b', 'X-N': '5', 'X-B': 'true' } },
    ],
    ['headers that are no mapping as none', `${keyed}\ndefault_headers: [a]`, { headers: {} }],
    ['null headers as none', `${keyed}\ndefault_headers:`, { headers: {} }],
    [
      'Ollama',
      'type: ollama\nbase_url: http://h.test:11434/',
      {
        kind: 'OLLAMA',
        priceList: 'local',
        baseUrl: 'http://h.test:11434',
        headers: {},
        apiKeyEnv: undefined,
        legacy: true,
      },
    ],
    [
      'no headers and no key for Ollama',
      `type: ollama\n${keyed}\ndefault_headers: {X-A: b}`,
      { kind: 'OLLAMA', headers: {}, apiKeyEnv: undefined },
    ],
    [
      'one limit on each wait and none in all',
      keyed,
      {
        timeouts: {
          connectMs: 120_000,
          firstTokenMs: 120_000,
          stallMs: 120_000,
          totalMs: undefined,
        },
      },
    ],
    [
      'a user and a password as a header',
      'base_url: https://ann:p%40ss@h.test/v1\napi_key_env: KEY',
      { baseUrl: 'https://h.test/v1', headers: { Authorization: 'Basic YW5uOnBAc3M=' } },
    ],
  ])('has %s', (_, lines, expected) => {
    const { providers, warnings } = read(entry(lines))
    expect(providers[0]).toMatchObject(expected)
    expect(warnings.filter(({ message }) => message.includes('skipped'))).toEqual([])
  })

  it('takes DEFAULT_UPSTREAM_HEADERS, and its own win whatever their case', () => {
    const settings = providerSettings({ defaultUpstreamHeaders: { 'X-Org': 'a', 'x-team': 't' } })
    const { providers } = read(entry(`${keyed}\ndefault_headers: {x-org: b}`), settings)
    expect(providers[0]?.headers).toEqual({ 'x-org': 'b', 'x-team': 't' })
  })

  it.each<[string, string, string, string | undefined, RegExp]>([
    ['any', 'https://api.openai.com/v1', 'OPENAI', 'openai', /^$/],
    ['any', 'https://api.x.ai/v1', 'XAI', 'xai', /^$/],
    ['any', 'https://openrouter.ai/api/v1', 'OPENROUTER', 'openrouter', /^$/],
    [
      'any',
      'https://api.perplexity.ai',
      'OPENAI_COMPATIBLE',
      'perplexity',
      /retired on 27 September 2026/,
    ],
    ['openai', 'http://127.0.0.1:9/v1', 'OPENAI', 'openai', /^$/],
    ['grok', 'http://127.0.0.1:9/v1', 'XAI', 'xai', /^$/],
    ['xai', 'http://127.0.0.1:9/v1', 'XAI', 'xai', /^$/],
    ['openrouter', 'http://127.0.0.1:9/v1', 'OPENROUTER', 'openrouter', /^$/],
    ['perplexity', 'http://127.0.0.1:9/v1', 'OPENAI_COMPATIBLE', 'perplexity', /^$/],
    ['openai', 'https://api.x.ai/v1', 'XAI', 'xai', /^$/],
    ['mock', 'https://api.openai.com.evil.test/v1', 'OPENAI_COMPATIBLE', undefined, /^$/],
  ])('called %s at %s is %s', (name, baseUrl, kind, priceList, warning) => {
    const { providers, warnings } = read(entry(`base_url: ${baseUrl}\napi_key_env: KEY`, name))
    expect(providers[0]).toMatchObject({ kind, priceList })
    expect(warnings.map(({ message }) => message).join()).toMatch(warning)
  })
})

describe('a warning', () => {
  it.each<[string, string, readonly string[], string]>([
    [
      'an entry that is a text',
      'providers:\n  p: hello',
      ['providers', 'p'],
      'is skipped: it is not a mapping (line 2, column 3)',
    ],
    [
      'an entry that is a list',
      'providers:\n  p: [1]',
      ['providers', 'p'],
      'is skipped: it is not a mapping',
    ],
    [
      'an entry that is null',
      'providers:\n  p:',
      ['providers', 'p'],
      'is skipped: it is not a mapping',
    ],
    [
      'an unknown type',
      entry(`type: anthropic\n${keyed}`),
      ['providers', 'p', 'type'],
      'is skipped: its type is neither openai_compat nor ollama (line 3, column 5)',
    ],
    [
      'a type in capitals',
      entry(`type: Ollama\n${keyed}`),
      ['providers', 'p', 'type'],
      'is skipped',
    ],
    [
      'no address',
      entry('api_key_env: KEY'),
      ['providers', 'p', 'base_url'],
      'is skipped: its base_url is missing (line 2, column 3)',
    ],
    [
      'a null address',
      entry('base_url:\napi_key_env: KEY'),
      ['providers', 'p', 'base_url'],
      'its base_url is missing (line 3, column 5)',
    ],
    [
      'an empty address',
      entry("base_url: ''\napi_key_env: KEY"),
      ['providers', 'p', 'base_url'],
      'its base_url is missing',
    ],
    [
      'an address that is a number',
      entry('base_url: 8080\napi_key_env: KEY'),
      ['providers', 'p', 'base_url'],
      'not an http or https address',
    ],
    [
      'an address without a scheme',
      entry('base_url: localhost:8080\napi_key_env: KEY'),
      ['providers', 'p', 'base_url'],
      'not an http or https address',
    ],
    [
      'a file as an address',
      entry('base_url: file:///etc/passwd\napi_key_env: KEY'),
      ['providers', 'p', 'base_url'],
      'not an http or https address',
    ],
  ])('comes for %s, and the entry is skipped', (_, text, path, message) => {
    const { providers, warnings } = read(text)
    expect(providers).toEqual([])
    expect(warnings).toContainEqual({ path, message: expect.stringContaining(message) })
  })

  it.each<[string, string, readonly string[], string]>([
    ['no key', entry(url), ['providers', 'p'], 'has no api_key_env'],
    [
      'a key in the place of its name',
      entry(`${url}\napi_key_env: sk-secret-value`),
      ['providers', 'p', 'api_key_env'],
      'is no name of a variable',
    ],
    [
      'a name that nothing reaches',
      entry(keyed, 'agent'),
      ['providers', 'agent'],
      'cannot be reached',
    ],
    ['the other one', entry(keyed, 'rag'), ['providers', 'rag'], 'cannot be reached'],
    ['a name with a colon', entry(keyed, '"a:b"'), ['providers', 'a:b'], 'cannot be a prefix'],
    [
      'a field that is not known',
      entry(`${keyed}\nmodel_path: /m`),
      ['providers', 'p', 'model_path'],
      'is ignored: there is no such field; did you mean models_path? (line 5, column 5)',
    ],
    [
      'a path that is none',
      entry(`${keyed}\nchat_path: 7`),
      ['providers', 'p', 'chat_path'],
      'is not a path: /chat/completions is taken',
    ],
    [
      'a header that cannot be sent',
      entry(`${keyed}\ndefault_headers: {"X A": b, X-C: "a\\nb", X-D: [1]}`),
      ['providers', 'p', 'default_headers'],
      'leaves out "X A"',
    ],
    [
      'headers that are no mapping',
      entry(`${keyed}\ndefault_headers: hello`),
      ['providers', 'p', 'default_headers'],
      'is ignored: it is not a mapping',
    ],
    ['providers that are no mapping', 'providers: hello', ['providers'], 'holds no providers'],
  ])('comes for %s, and nothing is skipped', (_, text, path, message) => {
    const { warnings } = read(text)
    expect(warnings).toContainEqual({ path, message: expect.stringContaining(message) })
    expect(warnings.some((warning) => warning.message.includes('is skipped'))).toBe(false)
    expect(JSON.stringify(warnings)).not.toContain('sk-secret-value')
  })
})

it('reads the file that v0.7.2 came with', () => {
  const { providers, warnings } = read(`providers:
  ollama:
    type: ollama
    base_url: http://127.0.0.1:11434
  openai:
    type: openai_compat
    base_url: https://api.openai.com/v1
    api_key_env: OPENAI_API_KEY
  grok:
    type: openai_compat
    base_url: https://api.x.ai/v1
    api_key_env: XAI_API_KEY
  openrouter:
    type: openai_compat
    base_url: https://openrouter.ai/api/v1
    api_key_env: OPENROUTER_API_KEY
    default_headers:
      HTTP-Referer: http://localhost
      X-Title: router
  perplexity:
    type: openai_compat
    base_url: https://api.perplexity.ai
    api_key_env: PERPLEXITY_API_KEY
`)
  expect(providers.map(({ name, kind }) => [name, kind])).toEqual([
    ['ollama', 'OLLAMA'],
    ['openai', 'OPENAI'],
    ['grok', 'XAI'],
    ['openrouter', 'OPENROUTER'],
    ['perplexity', 'OPENAI_COMPATIBLE'],
  ])
  expect(warnings).toHaveLength(1)
})

it.each<[string, string, string]>([
  ['a decimal', '1.10', '1.10'],
  ['a large number', '12345678901234567890', '12345678901234567890'],
  ['a number in hexadecimal', '0x1F', '0x1F'],
  ['a date', '2023-06-01', '2023-06-01'],
  ['a boolean of YAML 1.1', 'yes', 'yes'],
])('sends %s in a header as it stands', (_, written, sent) => {
  const { providers } = read(entry(`${keyed}\ndefault_headers: {X-V: ${written}}`))
  expect(providers[0]?.headers).toEqual({ 'X-V': sent })
})

it('merges providers in their order, those of one file first', () => {
  const { providers } = read(`x: &x\n  b: {${url}}\nproviders:\n  a: {${url}}\n  <<: *x`)
  expect(providers.map(({ name }) => name)).toEqual(['b', 'a'])
})
