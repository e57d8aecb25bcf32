import { expect, it } from 'vitest'
import { defaultResilience } from '#domain/resilience.ts'
import { failing, refusing, troubledGateway } from '#test/support/troubled-gateway.ts'

const noRetries = {
  ...defaultResilience,
  retries: { ...defaultResilience.retries, maxRetries: 0 },
}
const down = refusing('PROVIDER_UNAVAILABLE', 503)
const fine = { says: ['back'] }

async function brokenDown(then = fine) {
  const troubled = troubledGateway({
    a: { plays: [...Array.from({ length: 5 }, () => down), then], resilience: noRetries },
  })
  for (let call = 0; call < 5; call++) await troubled.ask()
  return troubled
}

it('fails fast after five failures in a row, and says when to come again', async () => {
  const { ask, asked, attempts } = await brokenDown()
  expect(await ask()).toMatchObject({
    code: 'CIRCUIT_OPEN',
    message: 'a:m was not asked. Its circuit is open; a call is let through in 15 s.',
  })
  expect(asked).toHaveLength(5)
  expect(attempts()).toEqual(['a SKIPPED_CIRCUIT_OPEN'])
})

it('lets one call through after a while, and all once that one has begun to answer', async () => {
  const { ask, asked, clock } = await brokenDown()
  clock.advance(15_000)
  const all = await Promise.all(Array.from({ length: 100 }, () => ask()))
  expect(asked).toHaveLength(6)
  expect(all.filter(({ text }) => text === 'back')).toHaveLength(1)
  expect(await ask()).toEqual({ text: 'back' })
})

it('is not tripped by limits', async () => {
  const { ask, asked } = troubledGateway({
    a: {
      plays: [refusing('PROVIDER_RATE_LIMITED', 429, { retryAfterMs: 0 })],
      resilience: { ...noRetries, coolsDown: false },
    },
  })
  for (let call = 0; call < 50; call++) await ask()
  expect(asked).toHaveLength(50)
})

it('skips an open target for the next one, and never the last one of a route', async () => {
  const { ask, asked, attempts } = troubledGateway({
    a: { plays: [down], resilience: noRetries },
    b: { plays: [down], resilience: noRetries },
  })
  for (let call = 0; call < 5; call++) await ask()
  asked.length = 0
  for (let call = 0; call < 10; call++)
    expect(await ask()).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  expect(asked).toHaveLength(10)
  expect(new Set(asked).size).toBe(1)
  expect(attempts().filter((each) => each.includes('SKIPPED'))).toHaveLength(1)
})

it('frees its probe when the call that probes is refused for other reasons', async () => {
  const { ask, clock, records, asked } = await brokenDown()
  clock.advance(15_000)
  const begin = records.begin.bind(records)
  records.begin = () => Promise.reject(failing('BUDGET_EXCEEDED'))
  expect(await ask()).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  records.begin = begin
  expect(await ask()).toEqual({ text: 'back' })
  expect(asked).toHaveLength(6)
})

it('obeys a hand on the switch', async () => {
  const { ask, asked, states } = await brokenDown()
  states.setOverride('a', 'FORCE_ENABLED')
  expect(await ask()).toEqual({ text: 'back' })
  states.setOverride('a', 'FORCE_DISABLED')
  expect(await ask()).toMatchObject({
    code: 'CIRCUIT_OPEN',
    message: 'a:m was not asked. It was disabled by hand.',
  })
  expect(asked).toHaveLength(6)
})

it('counts what the target works on, and nothing when all is done', async () => {
  const { ask, open, read, states } = await brokenDown()
  const [state] = states.ofProvider('a')
  expect(state?.inFlight).toBe(0)
  await ask()
  const call = open()
  call.cancellation.cancel(failing('CANCELLED'))
  await read(call)
  expect(state?.inFlight).toBe(0)
})
