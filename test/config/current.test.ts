import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '#config/current.ts'
import { ConfigFileError } from '#config/yaml-text.ts'
import type { GatewayConfig } from '#domain/config.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

let folder = ''
let file = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
  file = join(folder, 'providers.yaml')
})

afterEach(() => rm(folder, { recursive: true }))

const names = ({ providers }: GatewayConfig) => providers.map(({ name }) => name)
const mock = (name: string) => `${name}: {base_url: "http://h.test", api_key_env: K}\n`

describe('the defaults of a file', () => {
  const policies = (config: GatewayConfig) =>
    config.providers.map(({ name, resilience }) => [name, resilience])

  it('are those of the simulator, too', async () => {
    await writeFile(file, `version: 1\ndefaults: {breaker: false}\nproviders: {o: {type: ollama}}`)
    const { active } = await loadConfig(file, providerSettings())
    const withoutBreaker = expect.objectContaining({ breaker: null })
    expect(policies(active)).toEqual([
      ['o', withoutBreaker],
      ['simulator', withoutBreaker],
    ])
  })

  it('that stay are the same after a reload, whatever else has changed', async () => {
    const write = (type: string) =>
      writeFile(file, `version: 1\ndefaults: {retries: {max: 7}}\nproviders: {o: {type: ${type}}}`)
    await write('ollama')
    const config = await loadConfig(file, providerSettings())
    const before = policies(config.active)
    await write('xai')
    const after = policies(await config.reload())
    expect(after.map(([, each], index) => each === before[index]?.[1])).toEqual([true, true])
  })
})

describe('without a file', () => {
  it('there are Ollama and the simulator, with the new defaults', async () => {
    const { active } = await loadConfig(file, providerSettings({ ollamaBase: 'http://o.test' }))
    expect(active).toMatchObject({ version: 1, file: null, legacy: false, warnings: [] })
    expect(active.providers).toMatchObject([
      {
        name: 'ollama',
        kind: 'OLLAMA',
        baseUrl: 'http://o.test',
        priceList: 'local',
        timeouts: { totalMs: 600_000 },
      },
      { name: 'simulator', kind: 'SIMULATOR', priceList: 'simulator' },
    ])
  })

  it.each([
    ['OPENAI_API_KEY', 'openai', 'OPENAI', 'https://api.openai.com/v1'],
    ['XAI_API_KEY', 'xai', 'XAI', 'https://api.x.ai/v1'],
    ['OPENROUTER_API_KEY', 'openrouter', 'OPENROUTER', 'https://openrouter.ai/api/v1'],
    ['PERPLEXITY_API_KEY', 'perplexity', 'PERPLEXITY', 'https://api.perplexity.ai'],
  ])('a key in %s is enough', async (apiKeyEnv, name, kind, baseUrl) => {
    const { active } = await loadConfig(file, providerSettings({ keys: { [apiKeyEnv]: 'k' } }))
    expect(active.providers[0]).toMatchObject({
      name,
      kind,
      baseUrl,
      apiKeyEnv,
      priceList: name,
      legacy: false,
    })
    expect(names(active)).toEqual([name, 'ollama', 'simulator'])
  })

  it('addresses and headers of the environment are taken', async () => {
    const settings = providerSettings({
      keys: { OPENAI_API_KEY: 'k', PERPLEXITY_API_KEY: 'k' },
      baseUrls: { openai: 'http://o.test/v1', perplexity: 'http://p.test/v1' },
      defaultUpstreamHeaders: { 'X-Org': 'a' },
    })
    const [openai, perplexity] = (await loadConfig(file, settings)).active.providers
    expect(openai).toMatchObject({ baseUrl: 'http://o.test/v1', headers: { 'X-Org': 'a' } })
    expect(perplexity).toMatchObject({ baseUrl: 'http://p.test', chatPath: '/v1/agent' })
  })

  it('a file that was named is missed', async () => {
    const { active } = await loadConfig(file, providerSettings({ expectsFile: true }))
    expect(active.warnings).toEqual([
      { path: [], message: expect.stringContaining('does not exist') },
    ])
  })
})

describe('with a file', () => {
  it.each([
    ['of v0.7.2', mock('a'), true, ['a']],
    ['of v0.7.2 that is empty', '', true, []],
    ['of version 1', `version: 1\nproviders:\n  ${mock('a')}`, false, ['a', 'simulator']],
  ])('%s its rules hold', async (_, text, legacy, expected) => {
    await writeFile(file, text)
    const { active } = await loadConfig(file, providerSettings({ keys: { OPENAI_API_KEY: 'k' } }))
    expect(active).toMatchObject({ file, legacy })
    expect(names(active)).toEqual(expected)
  })

  it.each(['a: [', 'version: 2', 'version: 1\nprovders: {}'])(
    'that cannot be used (%j) nothing starts',
    async (text) => {
      await writeFile(file, text)
      await expect(loadConfig(file, providerSettings())).rejects.toThrow(/^\d+:\d+ /)
    },
  )
})

describe('a file that cannot be read', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['that is a folder', () => mkdir(file), /^1:1 cannot be read: EISDIR/],
    [
      'that is not UTF-8',
      () => writeFile(file, Buffer.from('a: caf\xe9', 'latin1')),
      /^1:7 is not/,
    ],
    ['that is huge', () => writeFile(file, Buffer.alloc(5_000_000, 'a')), /^1:1 is larger than/],
  ])('%s starts nothing and changes nothing', async (_, make, message) => {
    const config = await loadConfig(file, providerSettings())
    await make()
    await expect(loadConfig(file, providerSettings())).rejects.toThrow(message)
    await expect(config.reload()).rejects.toThrow(ConfigFileError)
    expect(names(config.active)).toEqual(['ollama', 'simulator'])
    expect(config.problem).toMatch(message)
  })
})

describe('a reload', () => {
  it('puts the file in force as it is now, and tells of it', async () => {
    await writeFile(file, mock('a'))
    const config = await loadConfig(file, providerSettings())
    const told: GatewayConfig[] = []
    config.onActivated((active) => told.push(active))
    await writeFile(file, mock('b'))
    expect(names(await config.reload())).toEqual(['b'])
    expect(config.active.version).toBe(2)
    expect(told).toEqual([config.active])
  })

  it('of a bad file changes nothing, and says why until it is mended', async () => {
    await writeFile(file, mock('a'))
    const config = await loadConfig(file, providerSettings())
    await writeFile(file, 'a: [')
    await expect(config.reload()).rejects.toThrow(/^1:\d+ /)
    expect(names(config.active)).toEqual(['a'])
    expect(config.active.version).toBe(1)
    expect(config.problem).toMatch(/^1:\d+ /)
    await writeFile(file, mock('c'))
    await config.reload()
    expect(config.problem).toBeNull()
    expect(config.active.version).toBe(2)
  })

  it('that cannot be built changes nothing either', async () => {
    await writeFile(file, mock('a'))
    const config = await loadConfig(file, providerSettings())
    config.onActivated(() => {
      throw new TypeError('cannot be built')
    })
    await writeFile(file, mock('b'))
    await expect(config.reload()).rejects.toThrow('cannot be built')
    expect(names(config.active)).toEqual(['a'])
    expect(config.problem).toBe('cannot be built')
  })

  it('after a file has gone falls back on the environment', async () => {
    await writeFile(file, mock('a'))
    const config = await loadConfig(file, providerSettings())
    await rm(file)
    expect(names(await config.reload())).toEqual(['ollama', 'simulator'])
  })

  it('a hundred times at once has a version each, in order', async () => {
    await writeFile(file, mock('a'))
    const config = await loadConfig(file, providerSettings())
    const versions = await Promise.all(
      Array.from({ length: 100 }, async () => (await config.reload()).version),
    )
    expect(versions).toEqual(Array.from({ length: 100 }, (_, index) => index + 2))
  })
})
