import { expect, it } from 'vitest'
import { builtInProviders } from '#config/built-in-providers.ts'
import { defaultResilience } from '#domain/resilience.ts'

const settings = {
  ollamaBase: 'http://127.0.0.1:11434',
  agentRunnerUrl: 'http://agent.test',
  agentRunnerChatPath: '/run',
  ragBase: 'http://rag.test',
  ragQueryPath: '/query',
  httpTimeoutS: 120,
}
const timeouts = { connectMs: 1, firstTokenMs: 2, stallMs: 3, totalMs: 4 }
const resilience = { ...defaultResilience, breaker: null }

it('the defaults of a configuration are those of what is there without being configured', () => {
  const { agent, rag, ollama } = builtInProviders(
    { legacy: false, defaults: { timeouts, resilience } },
    settings,
  )
  expect(ollama).toMatchObject({ timeouts, resilience })
  for (const slow of [agent, rag])
    expect(slow).toMatchObject({ resilience, timeouts: { stallMs: 120_000, totalMs: undefined } })
})

it('with a v0.7.2 file each wait is HTTP_TIMEOUT_S, and there is none in all', () => {
  const { ollama } = builtInProviders({ legacy: true }, settings)
  expect(ollama.resilience).toBeUndefined()
  expect(ollama.timeouts).toEqual({
    connectMs: 120_000,
    firstTokenMs: 120_000,
    stallMs: 120_000,
    totalMs: undefined,
  })
})
