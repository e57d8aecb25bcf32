import { describe, expect, it } from 'vitest'
import type { HealthState } from '#domain/health-score.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import { createHealthWatch } from '#events/health-watch.ts'
import { FakeClock } from '../support/fake-gateway.ts'

function watchOf(...names: string[]) {
  const clock = new FakeClock()
  const states = new Map<string, HealthState>(names.map((name) => [name, 'UNKNOWN']))
  const seen: HealthTransition[] = []
  let isByHand = false
  const watch = createHealthWatch({
    clock,
    providers: () => [...states.keys()].map((name) => ({ name, simulated: name === 'simulator' })),
    healthOf: (name) => ({
      state: states.get(name) ?? 'UNKNOWN',
      reason: `${name} is so`,
      override: isByHand ? 'FORCE_DISABLED' : 'AUTO',
    }),
  })
  watch.onChange((transition) => seen.push(transition))
  const disableByHand = (name: string) => {
    isByHand = true
    states.set(name, 'DISABLED')
  }
  return { clock, disableByHand, seen, states, watch }
}

describe('a change of health', () => {
  it('is seen at once where somebody says so, else within a second', () => {
    const { clock, seen, states, watch } = watchOf('openai', 'xai')
    states.set('openai', 'DOWN')
    states.set('xai', 'HEALTHY')
    watch.outdated('openai')
    clock.advance(100)
    expect(seen).toMatchObject([
      { providerName: 'openai', from: 'UNKNOWN', to: 'DOWN', reason: 'openai is so' },
    ])
    clock.advance(900)
    expect(seen.slice(1)).toMatchObject([{ providerName: 'xai', from: 'UNKNOWN', to: 'HEALTHY' }])
  })

  it('is told once', () => {
    const { clock, seen, states, watch } = watchOf('openai')
    states.set('openai', 'HEALTHY')
    watch.outdated('openai')
    clock.advance(5000)
    watch.outdated('openai')
    clock.advance(5000)
    expect(seen).toHaveLength(1)
  })

  it('says whether a person decided so, and whether it is only played', () => {
    const { clock, disableByHand, seen } = watchOf('simulator')
    disableByHand('simulator')
    clock.advance(1000)
    expect(seen).toMatchObject([{ to: 'DISABLED', byHand: true, simulated: true }])
  })

  it('begins anew for a provider that was gone', () => {
    const { clock, seen, states } = watchOf('openai', 'xai')
    states.set('openai', 'HEALTHY')
    clock.advance(1000)
    states.delete('openai')
    clock.advance(1000)
    states.set('openai', 'HEALTHY')
    clock.advance(1000)
    expect(seen).toMatchObject([{ from: 'UNKNOWN' }, { from: 'UNKNOWN' }])
  })

  it('is not looked for any more after the end', () => {
    const { clock, watch } = watchOf('openai')
    watch.stop()
    expect(clock.timers).toBe(0)
  })
})
