import { describe, expect, it } from 'vitest'
import { enabled } from '#domain/target-health.ts'
import type { TargetStanding } from '#domain/target-standing.ts'
import { type ClaimProbes, probeProviders } from '#jobs/probe-providers.ts'
import { FakeClock } from '../support/fake-gateway.ts'

const proven: TargetStanding = { circuit: null, health: enabled, provenMsAgo: 29_999 }
const disabled: TargetStanding = {
  ...proven,
  health: { state: 'DISABLED', since: 0, failures: 10, successes: 0 },
}

function probing(
  standings: Readonly<Record<string, readonly TargetStanding[]>>,
  { claim, chance = 0.5 }: { claim?: ClaimProbes; chance?: number } = {},
) {
  const clock = new FakeClock()
  const asked: unknown[] = []
  const checked: string[] = []
  const job = probeProviders({
    candidates: () => Object.keys(standings),
    standings: (name) => standings[name] ?? [],
    async claim(wanted) {
      asked.push(wanted)
      return claim ? claim(wanted) : [...wanted.idle, ...wanted.troubled]
    },
    check: async (name) => checked.push(name),
    clock,
    chance: () => chance,
  })
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1000) {
      clock.advance(1000)
      await job.run()
    }
  }
  return { asked, checked, pass }
}

describe('a provider', () => {
  it('is checked every 15 s while no call tells anything', async () => {
    const { checked, pass } = probing({ openai: [], xai: [proven] })
    await pass(14_000)
    expect(checked).toEqual([])
    await pass(46_000)
    expect(checked).toEqual(['openai', 'openai', 'openai', 'openai'])
  })

  it('is checked though calls tell something, if one of its targets is disabled', async () => {
    const { asked, pass } = probing({ openai: [disabled, proven], xai: [proven], ollama: [] })
    await pass(15_000)
    expect(asked).toEqual([{ proven: ['openai', 'xai'], idle: ['ollama'], troubled: ['openai'] }])
  })

  it('is left to the replica that claims it', async () => {
    const { checked, pass } = probing({ openai: [], xai: [] }, { claim: async () => ['xai'] })
    await pass(15_000)
    expect(checked).toEqual(['xai'])
  })

  it.each([
    [0, 12_000],
    [1 - Number.EPSILON, 18_000],
  ])(
    'is checked out of step with other replicas: with the chance %d after %d ms',
    async (chance, ms) => {
      const { checked, pass } = probing({ openai: [] }, { chance })
      await pass(ms - 1000)
      expect(checked).toEqual([])
      await pass(1000)
      expect(checked).toEqual(['openai'])
    },
  )
})
