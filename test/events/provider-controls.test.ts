import { describe, expect, it } from 'vitest'
import type { ProviderControl } from '#domain/provider-control.ts'
import { createProviderControls } from '#events/provider-controls.ts'
import { createTargetStates } from '#gateway/target-states.ts'

const control = (over: Partial<ProviderControl> = {}): ProviderControl => ({
  providerName: 'openai',
  override: 'AUTO',
  reason: null,
  resetAt: null,
  ...over,
})

function controlsOf(first: ProviderControl[] = []) {
  let rows = first
  const told: string[] = []
  const states = createTargetStates()
  const controls = createProviderControls({
    read: async () => rows,
    states,
    reset: (name) => told.push(`reset ${name}`),
    applied: (name) => told.push(name),
  })
  const decide = (...next: ProviderControl[]) => {
    rows = next
    return controls.load()
  }
  return { controls, decide, states, told }
}

describe('what people have decided', () => {
  it('is in force when it was read', async () => {
    const { controls, decide, states, told } = controlsOf()
    await decide(control({ override: 'FORCE_DISABLED', reason: 'too dear' }))
    expect(states.override('openai')).toBe('FORCE_DISABLED')
    expect(controls.of('openai')?.reason).toBe('too dear')
    expect(controls.of('xai')).toBeUndefined()
    await decide(control({ override: 'FORCE_DISABLED', reason: 'too dear' }))
    expect(told).toEqual(['openai'])
    await decide(control())
    expect(states.override('openai')).toBe('AUTO')
    expect(told).toEqual(['openai', 'openai'])
  })

  it('closes circuits once, and not for what was decided before this process began', async () => {
    const { controls, decide, told } = controlsOf([control({ resetAt: 1 })])
    await controls.load()
    await decide(control({ resetAt: 1 }))
    expect(told).toEqual(['openai'])
    await decide(control({ resetAt: 2 }))
    await decide(control({ resetAt: 2 }))
    expect(told).toEqual(['openai', 'reset openai', 'openai'])
  })

  it('is the latest that was read, in whatever order answers come', async () => {
    const answers: PromiseWithResolvers<readonly ProviderControl[]>[] = []
    const states = createTargetStates()
    const controls = createProviderControls({
      read() {
        const answer = Promise.withResolvers<readonly ProviderControl[]>()
        answers.push(answer)
        return answer.promise
      },
      states,
      reset: () => {},
      applied: () => {},
    })
    const all = [controls.load(), controls.load()]
    await expect.poll(() => answers.length).toBe(1)
    answers[0]?.reject(new Error('away'))
    await expect(all[0]).rejects.toThrow('away')
    await expect.poll(() => answers.length).toBe(2)
    answers[1]?.resolve([control({ override: 'FORCE_ENABLED' })])
    await all[1]
    expect(states.override('openai')).toBe('FORCE_ENABLED')
  })
})
