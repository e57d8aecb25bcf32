import { describe, expect, it } from 'vitest'
import { createConnectivityTest } from '#jobs/connectivity-test.ts'
import { FakeClock } from '../support/fake-gateway.ts'

function testing() {
  const clock = new FakeClock()
  const lines: object[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, ...fields })
  const test = createConnectivityTest({
    clock,
    log: { info: write('info'), warn: write('warn') },
  })
  return { clock, lines, test }
}

const answer = { error: undefined, latencyMs: 12.3 }

describe('the log', () => {
  it('has one line for each provider', () => {
    const { clock, lines, test } = testing()
    test.begin(['openai', 'xai', 'ollama'])
    test.answered('openai', answer)
    test.answered('openai', answer)
    test.answered('xai', { error: new Error('refused'), latencyMs: 5 })
    clock.advance(3000)
    test.answered('ollama', answer)
    expect(lines).toEqual([
      { level: 'info', message: 'the provider answers', provider: 'openai', latencyMs: 12 },
      {
        level: 'warn',
        message: 'the provider does not answer',
        provider: 'xai',
        reason: 'refused',
      },
      { level: 'warn', message: 'the provider has not answered within 3 s', provider: 'ollama' },
    ])
    expect(clock.timers).toBe(0)
  })

  it('begins anew with another configuration, and says nothing of whom nobody asked', () => {
    const { clock, lines, test } = testing()
    test.begin(['openai'])
    clock.advance(2000)
    test.begin(['xai'])
    test.answered('openai', answer)
    clock.advance(2000)
    expect(lines).toEqual([])
    clock.advance(1000)
    expect(lines).toMatchObject([{ provider: 'xai' }])
    test.stop()
  })
})
