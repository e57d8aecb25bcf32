import { expect, it } from 'vitest'
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
