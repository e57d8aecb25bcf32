import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AllowanceUnit } from '#domain/allowance.ts'
import type { ModelPrice } from '#domain/price.ts'
import { type AllowanceWindow, decide, type Demand, holdIn } from '#domain/reservation.ts'

/** A tick for each token that goes up, two for each that comes down. */
const price: ModelPrice = {
  version: 'test',
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: 1_000_000n,
  output: 2_000_000n,
}

const demand: Demand = { inputTokens: 100, outputTokens: 50, leastOutputTokens: 16, price }

const window = (over: Partial<AllowanceWindow> = {}): AllowanceWindow => ({
  unit: 'TICKS',
  action: 'BLOCK',
  limit: 1000n,
  spent: 0n,
  held: 0n,
  ...over,
})

describe('decide', () => {
  it('holds what the call can use at most, in the unit of each window', () => {
    const units: readonly AllowanceUnit[] = ['TICKS', 'TOKENS', 'REQUESTS', 'CONCURRENT_REQUESTS']
    expect(
      decide(
        demand,
        units.map((unit) => window({ unit })),
      ),
    ).toEqual({ kind: 'GRANTED', outputTokens: 50, holds: [200n, 150n, 1n, 1n] })
  })

  it.each<[string, Partial<AllowanceWindow>, ReturnType<typeof decide>['kind'], number?]>([
    ['all that is left is enough', { spent: 800n }, 'GRANTED', 50],
    ['a tick too little is left', { spent: 801n }, 'GRANTED', 49],
    ['the least that is worth asking for is left', { spent: 868n }, 'GRANTED', 16],
    ['less than that is left', { spent: 869n }, 'EXCEEDED'],
    ['not even the input can be paid', { spent: 901n }, 'EXCEEDED'],
    ['nothing is left', { spent: 1000n }, 'EXCEEDED'],
    ['more is spent than was allowed', { spent: 1200n }, 'EXCEEDED'],
    ['others hold the rest', { held: 801n }, 'BUSY'],
    ['others leave just enough', { held: 800n }, 'GRANTED', 50],
    ['it only tells', { action: 'NOTIFY', spent: 5000n, held: 5000n }, 'GRANTED', 50],
    ['the limit is nothing', { limit: 0n }, 'EXCEEDED'],
    ['tokens are left for less', { unit: 'TOKENS', spent: 870n }, 'GRANTED', 30],
    ['too few tokens are left', { unit: 'TOKENS', spent: 885n }, 'EXCEEDED'],
    ['the last request is taken', { unit: 'REQUESTS', limit: 3n, spent: 3n }, 'EXCEEDED'],
    ['the last request is being made', { unit: 'REQUESTS', limit: 3n, held: 3n }, 'BUSY'],
    ['as many run as may', { unit: 'CONCURRENT_REQUESTS', limit: 2n, held: 2n }, 'BUSY'],
    ['one more may run', { unit: 'CONCURRENT_REQUESTS', limit: 2n, held: 1n }, 'GRANTED', 50],
  ])('where %s: %o is %s', (_name, over, kind, outputTokens) => {
    expect(decide(demand, [window(over)])).toMatchObject({
      kind,
      ...(outputTokens !== undefined && { outputTokens }),
    })
  })

  it('grants what the tightest window leaves, and holds no more than that anywhere', () => {
    const tight = window({ spent: 840n })
    expect(decide(demand, [window({ unit: 'TOKENS' }), tight])).toEqual({
      kind: 'GRANTED',
      outputTokens: 30,
      holds: [130n, 160n],
    })
  })

  it('names the window that refuses', () => {
    const spent = window({ spent: 1000n })
    const held = window({ held: 1000n })
    expect(decide(demand, [window(), spent])).toEqual({ kind: 'EXCEEDED', window: 1 })
    expect(decide(demand, [window(), window(), held])).toEqual({ kind: 'BUSY', window: 2 })
  })

  it('says that it will never fit before it says that others are in the way', () => {
    const spent = window({ spent: 1000n })
    const held = window({ held: 1000n })
    expect(decide(demand, [held, spent])).toEqual({ kind: 'EXCEEDED', window: 1 })
  })

  it('sets no money aside where nobody knows the price', () => {
    const unpriced = { ...demand, price: undefined }
    expect(decide(unpriced, [window()])).toEqual({
      kind: 'GRANTED',
      outputTokens: 50,
      holds: [0n],
    })
  })

  it('refuses nothing that costs nothing, even when more than the limit is spent', () => {
    const free = { ...price, input: 0n, output: 0n }
    for (const nothing of [undefined, free])
      expect(
        decide({ ...demand, price: nothing }, [window({ spent: 1200n, held: 10n })]),
      ).toMatchObject({ kind: 'GRANTED', holds: [0n] })
  })

  it('asks for no output of what has none', () => {
    const embedding: Demand = { ...demand, outputTokens: 0, leastOutputTokens: 0 }
    expect(decide(embedding, [window({ spent: 900n })])).toMatchObject({ holds: [100n] })
    expect(decide(embedding, [window({ spent: 901n })])).toMatchObject({ kind: 'EXCEEDED' })
  })
})

const amount = fc.bigInt({ min: 0n, max: 3000n })
const arbitraryWindow: fc.Arbitrary<AllowanceWindow> = fc.record({
  unit: fc.constantFrom<AllowanceUnit>('TICKS', 'TOKENS', 'REQUESTS', 'CONCURRENT_REQUESTS'),
  action: fc.constantFrom('BLOCK' as const, 'BLOCK' as const, 'NOTIFY' as const),
  limit: amount,
  spent: fc.constant(0n),
  held: fc.constant(0n),
})
const rate = fc.bigInt({ min: 0n, max: 5_000_000n })
const arbitraryDemand: fc.Arbitrary<Demand> = fc
  .record({
    inputTokens: fc.nat(300),
    outputTokens: fc.nat(300),
    least: fc.nat(300),
    price: fc.option(
      fc.record({
        version: fc.constant('p'),
        effectiveFrom: fc.constant('2026-01-01T00:00:00Z'),
        input: rate,
        output: rate,
        perRequest: fc.bigInt({ min: 0n, max: 50n }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ least, ...rest }) => ({ ...rest, leastOutputTokens: Math.min(least, rest.outputTokens) }))

/** Somebody asks, or the call that has run longest (or any other) ends having used a share of what it held. */
type Happening =
  | { readonly asks: Demand }
  | { readonly ends: number; readonly input: number; readonly output: number }

const share = fc.double({ min: 0, max: 1, noNaN: true })
const arbitraryHappening: fc.Arbitrary<Happening> = fc.oneof(
  arbitraryDemand.map((asks) => ({ asks })),
  fc.record({ ends: fc.nat(), input: share, output: share }),
)

/** Windows and the calls that hold something of them. */
class Model {
  windows: readonly AllowanceWindow[]
  readonly running: { readonly demand: Demand; readonly holds: readonly bigint[] }[] = []

  constructor(windows: readonly AllowanceWindow[]) {
    this.windows = windows
  }

  ask(asked: Demand) {
    const decision = decide(asked, this.windows)
    if (decision.kind !== 'GRANTED') return decision
    const { outputTokens, holds } = decision
    this.running.push({ demand: { ...asked, outputTokens }, holds })
    this.windows = this.windows.map((each, index) => ({ ...each, held: each.held + holds[index]! }))
    return decision
  }

  end({ ends, input, output }: { ends: number; input: number; output: number }): void {
    const [call] = this.running.splice(ends % Math.max(1, this.running.length), 1)
    if (!call) return
    const used: Demand = {
      ...call.demand,
      inputTokens: Math.floor(call.demand.inputTokens * input),
      outputTokens: Math.floor(call.demand.outputTokens * output),
    }
    this.windows = this.windows.map((each, index) => ({
      ...each,
      held: each.held - call.holds[index]!,
      spent: each.spent + (each.unit === 'CONCURRENT_REQUESTS' ? 0n : holdIn(each.unit, used)),
    }))
  }
}

describe('whatever is asked and however calls end', () => {
  it('what is spent and held of a blocking window never exceeds its limit', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryWindow, { minLength: 1, maxLength: 4 }),
        fc.array(arbitraryHappening, { maxLength: 40 }),
        (windows, happenings) => {
          const model = new Model(windows)
          for (const happening of happenings) {
            if ('asks' in happening) model.ask(happening.asks)
            else model.end(happening)
            for (const { action, limit, spent, held } of model.windows)
              expect(action === 'NOTIFY' || spent + held <= limit).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('a call is granted as much as it asks for, or as much as what is spent leaves', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryWindow, { minLength: 1, maxLength: 4 }),
        fc.array(arbitraryHappening, { maxLength: 20 }),
        arbitraryDemand,
        (windows, happenings, asked) => {
          const model = new Model(windows)
          for (const happening of happenings) {
            if ('asks' in happening) model.ask(happening.asks)
            else model.end(happening)
          }
          const before = model.windows
          const decision = model.ask(asked)
          if (decision.kind !== 'GRANTED') return
          const { outputTokens } = decision
          expect(outputTokens).toBeGreaterThanOrEqual(asked.leastOutputTokens)
          expect(outputTokens).toBeLessThanOrEqual(asked.outputTokens)
          const more = { ...asked, outputTokens: outputTokens + 1 }
          const isLimited = before.some(
            ({ unit, action, limit, spent }) =>
              action === 'BLOCK' && holdIn(unit, more) > limit - spent,
          )
          expect(outputTokens === asked.outputTokens || isLimited).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})
