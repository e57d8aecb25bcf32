import { describe, expect, it } from 'vitest'
import type { RoutingWish } from '#domain/call-route.ts'
import type { ModelCapability } from '#domain/catalogued-model.ts'
import { failing, refusing, troubledGateway } from '#test/support/troubled-gateway.ts'
import { createTargetChoice } from '#gateway/target-choice.ts'
import { createTargetStates } from '#gateway/target-states.ts'
import { aRoute } from '#test/support/a-route.ts'
import { callRequest, FakeClock, noAllowances, testPrice } from '#test/support/fake-gateway.ts'

const says = (text: string) => ({ plays: [{ says: [text] }] })
const wish = (over: Partial<RoutingWish>): { routing: RoutingWish } => ({
  routing: { allow: [], deny: [], fallbacks: [], maxCost: null, timeoutMs: undefined, ...over },
})
const withBody = (body: object) => {
  const { request } = callRequest()
  return { request: { ...request, body: { ...request.body, ...body } } }
}

describe('a strategy', () => {
  it('takes turns', async () => {
    const { ask, asked } = troubledGateway(
      { a: says('a'), b: says('b'), c: says('c') },
      { route: { strategy: 'ROUND_ROBIN' } },
    )
    for (let call = 0; call < 6; call++) await ask()
    expect(asked.join('')).toBe('abcabc')
  })

  it('gives no turn to a lone target: what callers name, nobody has to remember', () => {
    const clock = new FakeClock()
    const { open, targets } = troubledGateway({ a: says('a'), b: says('b') })
    const states = createTargetStates()
    const choice = createTargetChoice({ states, allowances: noAllowances, clock, chance: () => 0 })
    const call = open(wish({ strategy: 'ROUND_ROBIN' }))
    call.route = aRoute(targets.slice(0, 1))
    choice.choose(call)
    call.route = aRoute(targets)
    expect(choice.choose(call)[0]?.target).toBe(targets[0])
    expect(choice.choose(call)[0]?.target).toBe(targets[1])
  })

  it('is the call’s own where it says one', async () => {
    const cheap = { ...testPrice, input: 1n, output: 1n }
    const { ask, asked } = troubledGateway({ a: says('a'), b: { ...says('b'), price: cheap } })
    await ask()
    await ask(wish({ strategy: 'LOWEST_COST' }))
    expect(asked).toEqual(['a', 'b'])
  })

  it('leaves a target that has become slow', async () => {
    const { ask, asked, clock, states, targets } = troubledGateway(
      { a: says('a'), b: says('b') },
      { route: { strategy: 'LOWEST_LATENCY' } },
    )
    const [slow, quick] = targets.map((target) => states.of(target))
    slow?.latency.observe(1000, clock.now())
    quick?.latency.observe(100, clock.now())
    await ask()
    expect(asked).toEqual(['b'])
  })
})

describe('a target is left out', () => {
  it('that is not known to be able', async () => {
    const capabilities: readonly ModelCapability[] = ['STREAMING']
    const { ask, attempts } = troubledGateway({
      a: { ...says('a'), capabilities },
      b: { ...says('b'), capabilities: ['TOOLS'] },
    })
    expect(await ask(withBody({ tools: [{ type: 'function' }] }))).toEqual({ text: 'b' })
    expect(attempts()).toEqual(['a SKIPPED_INCAPABLE', 'b SUCCEEDED'])
  })

  it('whose window is too small', async () => {
    const { ask, asked } = troubledGateway({
      a: { ...says('a'), maxInputTokens: 100 },
      b: { ...says('b'), maxInputTokens: 10_000 },
    })
    await ask(withBody({ max_tokens: 5000 }))
    expect(asked).toEqual(['b'])
  })

  it.each([
    ['deny', wish({ deny: ['a:*'] })],
    ['allow', wish({ allow: ['b:m'] })],
  ])('that the call does not want, by %s, and that is no attempt', async (_how, over) => {
    const { ask, attempts } = troubledGateway({ a: says('a'), b: says('b') })
    expect(await ask(over)).toEqual({ text: 'b' })
    expect(attempts()).toEqual(['b SUCCEEDED'])
  })

  it('that is too dear; a call that nobody may serve is refused before anybody is asked', async () => {
    const dear = { ...testPrice, output: 10n ** 15n }
    const { ask, asked } = troubledGateway({ a: { ...says('a'), price: dear }, b: says('b') })
    expect(await ask(wish({ maxCost: 10n ** 8n }))).toEqual({ text: 'b' })
    expect(await ask(wish({ maxCost: 1n }))).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(asked).toEqual(['b'])
  })
})

it('a call that cannot be served now is told when to come again', async () => {
  const limited = refusing('PROVIDER_RATE_LIMITED', 429, { retryAfterMs: 5000 })
  const { ask, records, clock } = troubledGateway({
    a: { plays: [limited] },
    b: { plays: [limited] },
  })
  await ask()
  clock.advance(1000)
  expect(await ask()).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' })
  expect(records.ended.at(-1)?.attempts.map(({ status }) => status)).toEqual([
    'SKIPPED_RATE_LIMITED',
    'SKIPPED_RATE_LIMITED',
  ])
})

it('a lone target is asked whatever is believed of it', async () => {
  const { ask } = troubledGateway({ a: { ...says('a'), capabilities: [], maxInputTokens: 1 } })
  expect(await ask(withBody({ tools: [{ type: 'function' }] }))).toEqual({ text: 'a' })
  const { ask: broken } = troubledGateway({ a: { plays: [failing('PROVIDER_TIMEOUT')] } })
  expect(await broken()).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
})
