import { describe, expect, it } from 'vitest'
import type { Viewer } from '#domain/access.ts'
import type { RoutingWish } from '#domain/call-route.ts'
import { GatewayError } from '#domain/errors.ts'
import { openCall, type Target } from '#gateway/call.ts'
import { permittedRoute } from '#gateway/permitted-route.ts'
import type { Routes } from '#gateway/ports.ts'
import { aRoute } from '../support/a-route.ts'
import { adminViewer, callRequest, scriptedAdapter, testPrice } from '../support/fake-gateway.ts'

const targetOf = (name: string): Target => ({
  adapter: scriptedAdapter(() => Promise.reject(new Error('nobody asks')), { name }),
  model: 'm',
  price: testPrice,
  maxOutputTokens: 1,
  simulated: false,
})

const models: Readonly<Record<string, readonly string[]>> = {
  alias: ['a', 'b'],
  other: ['b', 'c', 'd'],
  'd:m': ['d'],
  'e:m': ['e'],
}

const routes: Routes = {
  version: 1,
  route({ request: { model } }) {
    const targets = models[model]?.map(targetOf)
    if (!targets) throw new GatewayError('MODEL_NOT_FOUND', `Nobody knows ${model}.`)
    return aRoute(targets, { larger: model === 'alias' ? ['d', 'e'].map(targetOf) : [] })
  },
}

const nothing: RoutingWish = {
  strategy: undefined,
  allow: [],
  deny: [],
  fallbacks: [],
  maxCost: null,
  timeoutMs: undefined,
}

const routeOf = (
  viewer: Partial<Viewer>,
  { wish, mayOverride = true }: { wish?: Partial<RoutingWish>; mayOverride?: boolean } = {},
) => {
  const routing = wish && { ...nothing, ...wish }
  const request = { ...callRequest({ model: 'alias' }), viewer: { ...adminViewer, ...viewer } }
  const call = openCall({ ...request, routing }, { now: 0, epochMs: 0, configVersion: 1 })
  return permittedRoute(call, { routes, routingPolicy: { mayOverride: () => mayOverride } })
}

const namesOf = (targets: readonly Target[] = []) =>
  targets.map(({ adapter }) => adapter.config.name).join(' ')

const refusal = (refused: () => unknown): unknown => {
  try {
    return refused()
  } catch (thrown) {
    return thrown
  }
}

describe('the targets of a route', () => {
  it.each<[string, Partial<Viewer>, { targets: string; larger: string }]>([
    ['all for who may use all models', {}, { targets: 'a b', larger: 'd e' }],
    [
      'all of a name that is allowed itself',
      { allowedModels: ['alias'] },
      { targets: 'a b', larger: 'd e' },
    ],
    [
      'those that are allowed, the larger ones too',
      { allowedModels: ['b:*', 'e:m'] },
      { targets: 'b', larger: 'e' },
    ],
  ])('are %s', (_sentence, viewer, expected) => {
    const { targets, larger } = routeOf(viewer)
    expect({ targets: namesOf(targets), larger: namesOf(larger) }).toEqual(expected)
  })

  it.each<[string, Partial<RoutingWish>, string]>([
    ['asks for less time', { timeoutMs: 1 }, 'd e'],
    ['denies one', { deny: ['d:*'] }, 'e'],
    ['allows one', { allow: ['a:*', 'd:m'] }, 'd'],
    ['may cost nothing', { maxCost: 0n }, ''],
    ['may cost enough', { maxCost: 100_000_000_000n }, 'd e'],
  ])('with a larger window are those of a call that %s', (_what, wish, expected) => {
    expect(namesOf(routeOf({}, { wish }).larger)).toBe(expected)
  })

  it('are none for who may use none, and the model is named', () => {
    expect(refusal(() => routeOf({ allowedModels: ['c:*', 'd:m'] }))).toMatchObject({
      code: 'FORBIDDEN',
      message: 'Your API key may not use the model alias.',
    })
  })
})

describe('fallbacks', () => {
  it('are asked in their order, each once, and none that is asked anyway', () => {
    const { targets, fallbacks } = routeOf({}, { wish: { fallbacks: ['other', 'd:m', 'e:m'] } })
    expect([namesOf(targets), namesOf(fallbacks)]).toEqual(['a b', 'c d e'])
  })

  it('are without the targets that the key may not use', () => {
    const { fallbacks } = routeOf(
      { allowedModels: ['alias', 'd:*'] },
      { wish: { fallbacks: ['other'] } },
    )
    expect(namesOf(fallbacks)).toBe('d')
  })

  it('open nothing: that the name asked for is allowed does not allow them', () => {
    const asked = () => routeOf({ allowedModels: ['alias'] }, { wish: { fallbacks: ['e:m'] } })
    expect(refusal(asked)).toMatchObject({
      code: 'FORBIDDEN',
      message: 'Your API key may not use the model e:m: leave it out of the fallbacks.',
    })
  })

  it('that lead nowhere are named', () => {
    expect(refusal(() => routeOf({}, { wish: { fallbacks: ['lost'] } }))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: 'The fallback lost leads nowhere. Nobody knows lost.',
      details: { model: 'lost' },
    })
  })
})

describe('who may not choose', () => {
  it('is refused a wish that chooses', () => {
    const asked = () => routeOf({}, { wish: { strategy: 'LOWEST_COST' }, mayOverride: false })
    expect(refusal(asked)).toMatchObject({ code: 'FORBIDDEN' })
  })

  it('may ask for nothing, and limit a call', () => {
    expect(namesOf(routeOf({}, { mayOverride: false }).targets)).toBe('a b')
    const limited = routeOf({}, { wish: { timeoutMs: 1 }, mayOverride: false })
    expect(namesOf(limited.targets)).toBe('a b')
  })
})
