import { expect, it } from 'vitest'
import type { ErrorCode } from '#domain/errors.ts'
import { defaultResilience } from '#domain/resilience.ts'
import { failing, refusing, troubledGateway } from '#test/support/troubled-gateway.ts'

const fine = { says: ['at last'] }

it.each<[string, ErrorCode]>([
  ['is not available', 'PROVIDER_UNAVAILABLE'],
  ['cannot be reached', 'PROVIDER_NETWORK'],
  ['talks nonsense', 'PROVIDER_PROTOCOL'],
])('asks a target again that %s, twice at the most', async (_sentence, code) => {
  const late = troubledGateway({ a: { plays: [failing(code), failing(code), fine] } })
  expect(await late.ask()).toEqual({ text: 'at last' })
  expect(late.attempts()).toEqual(['a FAILED', 'a FAILED', 'a SUCCEEDED'])
  const never = troubledGateway({ a: { plays: [failing(code)] } })
  expect(await never.ask()).toMatchObject({ code })
  expect(never.asked).toHaveLength(3)
})

it.each<ErrorCode>([
  'PROVIDER_TIMEOUT',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_AUTH',
  'PROVIDER_QUOTA',
])('asks a target once that answered %s', async (code) => {
  const { ask, asked } = troubledGateway({ a: { plays: [failing(code), fine] } })
  expect(await ask()).toMatchObject({ code })
  expect(asked).toHaveLength(1)
})

it('waits a random time that doubles', async () => {
  const { read, open, asked, clock, last } = troubledGateway(
    { a: { plays: [failing('PROVIDER_UNAVAILABLE'), failing('PROVIDER_UNAVAILABLE'), fine] } },
    { chance: () => 0.8 },
  )
  const reading = read(open())
  for (const [ms, calls] of [
    [0, 1],
    [199, 1],
    [1, 2],
    [399, 2],
    [1, 3],
  ] as const) {
    clock.advance(ms)
    await new Promise(setImmediate)
    expect(asked).toHaveLength(calls)
  }
  expect(await reading).toEqual({ text: 'at last' })
  expect(last().overheadMs).toBe(0)
})

it('waits for nothing once the caller has gone', async () => {
  const { read, open, asked, clock } = troubledGateway(
    { a: { plays: [failing('PROVIDER_UNAVAILABLE')] } },
    { chance: () => 0.5 },
  )
  const call = open()
  const reading = read(call)
  await new Promise(setImmediate)
  call.cancellation.cancel(failing('CANCELLED'))
  expect(await reading).toMatchObject({ code: 'CANCELLED' })
  expect(asked).toHaveLength(1)
  clock.advance(100)
  expect(clock.timers).toBe(0)
})

it('keeps retries a small part of what a broken target is sent', async () => {
  const resilience = { ...defaultResilience, breaker: null, disabling: null }
  const { ask, asked } = troubledGateway({
    a: { plays: [refusing('PROVIDER_UNAVAILABLE', 503)], resilience },
  })
  for (let call = 0; call < 1000; call++) await ask()
  expect(asked.length).toBeLessThanOrEqual(1250)
  expect(asked.length).toBeGreaterThan(1000)
})
