import { expect, it } from 'vitest'
import { builtInProviders } from '#config/built-in-providers.ts'
import type { GatewayConfig, ProviderKind } from '#domain/config.ts'
import { createRegistry } from '#providers/registry.ts'
import { createUpstream } from '#providers/upstream.ts'
import { FakeClock, providerConfig } from '#test/support/fake-gateway.ts'

const settings = {
  ollamaBase: 'http://127.0.0.1:11434',
  agentRunnerUrl: 'http://127.0.0.1:5460',
  agentRunnerChatPath: '/v1/chat/completions',
  ragBase: 'http://127.0.0.1:5555',
  ragQueryPath: '/query',
  httpTimeoutS: 120,
}

const tools = {
  upstream: createUpstream(),
  lookup: () => undefined,
  clock: new FakeClock(),
  random: () => 0.5,
  builtIn: (config: GatewayConfig) => builtInProviders(config, settings),
}

const configOf = (kinds: readonly ProviderKind[], legacy = false): GatewayConfig => ({
  version: kinds.length,
  file: null,
  legacy,
  providers: kinds.map((kind) => ({ ...providerConfig, name: kind.toLowerCase(), kind })),
  warnings: [],
})

const kinds: readonly ProviderKind[] = [
  'OPENAI',
  'XAI',
  'OPENROUTER',
  'PERPLEXITY',
  'OLLAMA',
  'OPENAI_COMPATIBLE',
  'SIMULATOR',
]

it('builds a provider of every kind, in the order of the configuration', () => {
  const { current } = createRegistry(configOf(kinds), tools)
  expect([...current.configured.values()].map(({ config }) => config.kind)).toEqual(kinds)
})

it.each([true, false])(
  'has agent, rag and Ollama whatever is configured (v0.7.2: %s)',
  (legacy) => {
    const { builtIn } = createRegistry(configOf([], legacy), tools).current
    expect(
      Object.values(builtIn).map(({ config }) => [
        config.name,
        config.kind,
        config.priceList,
        config.legacy,
      ]),
    ).toEqual([
      ['agent', 'AGENT', 'local', legacy],
      ['rag', 'RAG', 'local', legacy],
      ['ollama', 'OLLAMA', 'local', legacy],
    ])
    expect(builtIn.agent.config.timeouts).toEqual({
      connectMs: 120_000,
      firstTokenMs: 120_000,
      stallMs: 120_000,
      totalMs: undefined,
    })
  },
)

it('puts another configuration in force as a whole, and none that cannot be built', () => {
  const registry = createRegistry(configOf(['OPENAI']), tools)
  const before = registry.current
  expect(() => registry.activate(configOf(['OPENAI', 'ANTHROPIC']))).toThrow(TypeError)
  expect(registry.current).toBe(before)
  registry.activate(configOf(['XAI', 'OLLAMA']))
  expect([...registry.current.configured.keys()]).toEqual(['xai', 'ollama'])
  expect([...before.configured.keys()]).toEqual(['openai'])
})
