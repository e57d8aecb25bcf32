import { expect, it } from 'vitest'
import { scriptedAdapter } from '#test/support/fake-gateway.ts'
import { failing, troubledGateway } from '#test/support/troubled-gateway.ts'

const wish = { allow: [], deny: [], fallbacks: [], maxCost: null }

it('ends a call that takes longer than it asked for', async () => {
  const { read, open, clock, asked } = troubledGateway(
    { a: { plays: [failing('PROVIDER_UNAVAILABLE')] } },
    { chance: () => 0.9 },
  )
  const reading = read(open({ routing: { ...wish, timeoutMs: 200 } }))
  await new Promise(setImmediate)
  clock.advance(200)
  expect(await reading).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
  expect(asked).toHaveLength(1)
  expect(clock.timers).toBe(0)
})

it('leaves a call alone that ends in time', async () => {
  const { ask, clock } = troubledGateway({ a: { plays: [{ says: ['quick'] }] } })
  expect(await ask({ routing: { ...wish, timeoutMs: 200 } })).toEqual({ text: 'quick' })
  clock.advance(100)
  expect(clock.timers).toBe(0)
})

it('holds the haste of callers against no target', async () => {
  const adapter = scriptedAdapter(async ({ cancellation, onSent }) => {
    onSent()
    return new Promise((_, reject) => cancellation.onCancel(reject))
  })
  const { read, open, clock, states, targets, last } = troubledGateway({
    a: { plays: [], adapter },
  })
  for (let call = 0; call < 20; call++) {
    const reading = read(open({ routing: { ...wish, timeoutMs: 1 } }))
    await new Promise(setImmediate)
    clock.advance(1)
    expect(await reading).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
  }
  expect(last().attempts[0]?.status).toBe('TIMED_OUT')
  const state = states.of(targets[0]!)
  expect(state.breaker?.refusesForMs(clock.now())).toBeNull()
  expect(state).toMatchObject({ inFlight: 0, provenAt: undefined })
})
