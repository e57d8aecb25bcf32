import { describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import type { CallRoute, RoutingWish } from '#domain/call-route.ts'
import { GatewayError } from '#domain/errors.ts'
import type { CallRequest, Target } from '#gateway/call.ts'
import { createGateway } from '#gateway/complete.ts'
import type { RateLimits, Routes } from '#gateway/ports.ts'
import { createSlotQueue } from '#gateway/slots.ts'
import { createTargetStates } from '#gateway/target-states.ts'
import { aRoute } from '../support/a-route.ts'
import { allowanceState, anAllowance } from '../support/an-allowance.ts'
import {
  adminViewer,
  callRequest,
  FakeClock,
  MemoryRecords,
  noRateLimits,
  scriptedAdapter,
  testPrice,
} from '../support/fake-gateway.ts'
import { MemoryReplies } from '../support/memory-replies.ts'

const dear = { ...testPrice, input: 50_000_000_000n, output: 200_000_000_000n }

const targetOf = (name: string, over: Partial<Target> = {}): Target => ({
  adapter: scriptedAdapter(() => Promise.reject(new Error(`${name} was called`)), { name }),
  model: 'm',
  price: testPrice,
  maxOutputTokens: 1000,
  simulated: false,
  ...over,
})

interface House {
  readonly targets?: readonly Target[]
  readonly route?: Partial<CallRoute<Target>>
  readonly routes?: Routes
  readonly states?: readonly AllowanceState[]
  readonly limits?: RateLimits
  readonly mayOverride?: boolean
}

function house({ targets = [targetOf('a'), targetOf('b')], states = [], ...given }: House = {}) {
  const { limits = noRateLimits, mayOverride = true } = given
  const records = new MemoryRecords()
  const asked: string[][] = []
  const known = createTargetStates()
  const clock = new FakeClock()
  const gateway = createGateway({
    records,
    allowances: { of: () => states.map(({ allowance }) => allowance), allowUnpriced: false },
    standings: {
      find: async ({ ids }) => {
        asked.push([...ids])
        return states.filter(({ allowance }) => ids.includes(allowance.id))
      },
    },
    observer: { callStarted: () => {}, attemptStarted: () => {}, callEnded: () => {} },
    routes: given.routes ?? { version: 1, route: () => aRoute(targets, given.route) },
    routingPolicy: { mayOverride: () => mayOverride },
    limits,
    slots: createSlotQueue(0, { clock }),
    replies: new MemoryReplies(),
    states: known,
    chance: () => 0,
    clock,
  })
  const plan = (over: Partial<CallRequest> = {}) => gateway.plan({ ...callRequest(), ...over })
  return { gateway, plan, records, asked, known, clock }
}

const wish = (over: Partial<RoutingWish>): RoutingWish => ({
  strategy: undefined,
  allow: [],
  deny: [],
  fallbacks: [],
  maxCost: null,
  timeoutMs: undefined,
  ...over,
})

const shown = ({ candidates }: Awaited<ReturnType<ReturnType<typeof house>['plan']>>) =>
  candidates.map(({ target, eligible, reason }) => [target.adapter.config.name, eligible, reason])

const bytes = callRequest().request.text.length

describe('the candidates of a call', () => {
  it('are in the order in which they would be asked, each with the most that it can cost', async () => {
    const plan = await house({ targets: [targetOf('a'), targetOf('b', { price: dear })] }).plan()
    expect(shown(plan)).toEqual([
      ['a', true, 'It is asked first, by the order of its route.'],
      ['b', true, 'It is asked if those before it fail.'],
    ])
    const cheapest = BigInt(bytes) * 10_000n + 50n * 40_000n
    expect(plan).toMatchObject({
      candidates: [{ worstCost: cheapest }, { worstCost: 5n * cheapest }],
      worstCost: 5n * cheapest,
      estimatedInputTokens: Math.ceil(bytes / 4),
      blockedBy: [],
    })
  })

  it('follow the strategy that the call asks for', async () => {
    const { plan } = house({ targets: [targetOf('a', { price: dear }), targetOf('b')] })
    expect(shown(await plan({ routing: wish({ strategy: 'LOWEST_COST' }) }))).toEqual([
      ['b', true, 'It is asked first, as the cheapest for this call.'],
      ['a', true, 'It is asked if those before it fail.'],
    ])
  })

  it('end with the fallbacks that the call wishes for', async () => {
    const routes: Routes = {
      version: 1,
      route: ({ request: { model } }) =>
        aRoute(model === 'spare' ? [targetOf('c')] : [targetOf('a', { price: dear })]),
    }
    const routing = wish({ strategy: 'LOWEST_COST', fallbacks: ['spare'] })
    expect(shown(await house({ routes }).plan({ routing })).map(([name]) => name)).toEqual([
      'a',
      'c',
    ])
  })

  it('that are left out say why, and do not count for the worst case', async () => {
    const { plan } = house({ targets: [targetOf('a', { price: dear }), targetOf('b')] })
    const planned = await plan({ routing: wish({ maxCost: 5_000_000n }) })
    expect(shown(planned)).toMatchObject([
      ['a', false, expect.stringContaining('and may cost 0.0005')],
      ['b', true, 'It is asked first, by the order of its route.'],
    ])
    expect(planned.worstCost).toBe(planned.candidates[1]?.worstCost)
  })

  it('have no worst case where one of them has no price', async () => {
    const { plan } = house({ targets: [targetOf('a'), targetOf('b', { price: undefined })] })
    expect(await plan()).toMatchObject({ worstCost: null, candidates: [{}, { worstCost: null }] })
  })
})

describe('to ask for a plan', () => {
  it('calls nobody, writes nothing, and keeps nothing of what it asked', async () => {
    const { plan, records, known } = house({ states: [allowanceState(anAllowance())] })
    await plan()
    expect([records.begun, records.ended]).toEqual([[], []])
    expect([...known.all()].map(({ inFlight }) => inFlight)).toEqual([0, 0])
  })

  it('takes nobody’s turn', async () => {
    const { plan } = house({ route: { strategy: 'ROUND_ROBIN' } })
    const first = shown(await plan())
    expect(first[0]).toEqual(['a', true, expect.stringContaining('its turn')])
    expect(shown(await plan())).toEqual(first)
  })
})

describe('a call is blocked', () => {
  const codes = async (over: House, request: Partial<CallRequest> = {}) =>
    (await house(over).plan(request)).blockedBy.map(({ code }) => code)

  it('by all that would refuse it, together', async () => {
    const spent = (allowance: Partial<Allowance>) =>
      allowanceState(anAllowance({ limit: 1n, ...allowance }), { spent: 1n })
    const limits: RateLimits = {
      take: () => undefined,
      refusals: async ({ targets }) => [
        new GatewayError('RATE_LIMITED', targets[0]?.adapter.config.name ?? ''),
      ],
    }
    const quota = { id: 'q', kind: 'QUOTA', unit: 'REQUESTS' } as const
    const viewer = { ...adminViewer, scopes: new Set(['read'] as const) }
    const { blockedBy } = await house({ limits, states: [spent({}), spent(quota)] }).plan({
      viewer,
    })
    expect(blockedBy).toMatchObject([
      { code: 'FORBIDDEN', message: 'This needs the scope complete.' },
      { code: 'RATE_LIMITED', message: 'a' },
      { code: 'BUDGET_EXCEEDED' },
      { code: 'QUOTA_EXCEEDED' },
    ])
  })

  it('by nothing that only counts, which is not even looked at', async () => {
    const { plan, asked } = house({
      states: [allowanceState(anAllowance({ action: 'NOTIFY', limit: 0n }))],
    })
    expect([(await plan()).blockedBy, asked]).toEqual([[], []])
  })

  it('where nobody knows what it costs under a budget', async () => {
    const states = [allowanceState(anAllowance())]
    const targets = [targetOf('a', { price: undefined })]
    expect(await codes({ states, targets })).toEqual(['UNPRICED_MODEL'])
    const tools = { ...callRequest().request.body, web_search_options: {} }
    const request = { ...callRequest().request, body: tools, text: JSON.stringify(tools) }
    const quota = anAllowance({ id: 'q', kind: 'QUOTA', unit: 'REQUESTS', limit: 0n })
    const both = [...states, allowanceState(quota)]
    expect(await codes({ states: both }, { request })).toEqual([
      'INVALID_REQUEST',
      'QUOTA_EXCEEDED',
    ])
  })

  it('where its name leads nowhere', async () => {
    const routes: Routes = {
      version: 1,
      route() {
        throw new GatewayError('MODEL_NOT_FOUND', 'Nobody knows it.')
      },
    }
    expect(await house({ routes }).plan()).toMatchObject({
      candidates: [],
      worstCost: null,
      estimatedInputTokens: Math.ceil(bytes / 4),
      blockedBy: [{ code: 'MODEL_NOT_FOUND' }],
    })
  })

  it('where all its targets are left out', async () => {
    const { plan } = house()
    const { blockedBy, worstCost } = await plan({ routing: wish({ deny: ['*'] }) })
    expect(blockedBy).toMatchObject([
      { code: 'INVALID_REQUEST', message: expect.stringContaining('b:m was not asked.') },
    ])
    expect(worstCost).toBeNull()
  })

  it.each<[string, House, Partial<CallRequest>]>([
    ['by what its key may not use', {}, { viewer: { ...adminViewer, allowedModels: ['c:*'] } }],
    [
      'by a wish that its key may not have',
      { mayOverride: false },
      { routing: wish({ strategy: 'WEIGHTED' }) },
    ],
  ])('%s', async (_sentence, over, request) => {
    expect(await codes(over, request)).toEqual(['FORBIDDEN'])
  })
})
