import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, inOrder, type RoutingStrategy } from '#domain/route-strategy.ts'
import { seededRandom } from '#providers/simulator/chance.ts'

interface Named extends Candidate {
  readonly name: string
}

const candidate = (name: string, over: Partial<Candidate> = {}): Named => ({
  name,
  weight: 1,
  expectedCost: 10n,
  latencyMs: 100,
  inFlight: 0,
  ...over,
})

const namesOf = (targets: readonly Named[]) => targets.map(({ name }) => name).join('')

const order = (
  strategy: RoutingStrategy,
  targets: readonly Named[],
  { turn = 0, chance = seededRandom(1) }: { turn?: number; chance?: () => number } = {},
) => namesOf(inOrder(targets, strategy, { turn, chance }))

const draws = 10_000

/** How often each is first. */
function firsts(strategy: RoutingStrategy, targets: readonly Named[]): Map<string, number> {
  const chance = seededRandom(20_261_123)
  const counts = new Map<string, number>()
  for (let turn = 0; turn < draws; turn++) {
    const [first] = order(strategy, targets, { turn, chance })
    if (first) counts.set(first, (counts.get(first) ?? 0) + 1)
  }
  return counts
}

describe('PRIORITY', () => {
  it('keeps the order of the route', () => {
    expect(order('PRIORITY', [candidate('b'), candidate('a'), candidate('c')])).toBe('bac')
  })
})

describe('WEIGHTED', () => {
  const targets = [
    candidate('a', { weight: 1 }),
    candidate('b', { weight: 2 }),
    candidate('c', { weight: 7 }),
    candidate('d', { weight: 0 }),
  ]

  it('is proportional', () => {
    const counts = firsts('WEIGHTED', targets)
    for (const { name, weight } of targets) {
      const share = weight / 10
      // Five standard deviations.
      const tolerance = 5 * Math.sqrt((share * (1 - share)) / draws)
      expect(Math.abs((counts.get(name) ?? 0) / draws - share)).toBeLessThanOrEqual(tolerance)
    }
  })

  it('is proportional among those that are left, too', () => {
    const chance = seededRandom(7)
    let second = 0
    let afterC = 0
    for (let draw = 0; draw < draws; draw++) {
      const names = order('WEIGHTED', targets, { chance })
      expect(names.at(-1)).toBe('d')
      if (names[0] !== 'c') continue
      afterC++
      if (names[1] === 'b') second++
    }
    expect(second / afterC).toBeCloseTo(2 / 3, 1)
  })

  it('keeps the order of the route where nobody has a share', () => {
    const none = ['x', 'y', 'z'].map((name) => candidate(name, { weight: 0 }))
    expect(order('WEIGHTED', none)).toBe('xyz')
    expect(order('WEIGHTED', [...none, candidate('a')], { chance: () => 0 })).toBe('axyz')
  })
})

describe('ROUND_ROBIN', () => {
  it('begins with each in turn', () => {
    const targets = [candidate('a'), candidate('b'), candidate('c')]
    const orders = [0, 1, 2, 3, 1_000].map((turn) => order('ROUND_ROBIN', targets, { turn }))
    expect(orders).toEqual(['abc', 'bca', 'cab', 'abc', 'bca'])
  })
})

describe('LOWEST_COST', () => {
  it('begins with the cheapest, and ends with those whose price nobody knows', () => {
    const targets = [
      candidate('u', { expectedCost: null }),
      candidate('b', { expectedCost: 2n ** 60n + 1n }),
      candidate('a', { expectedCost: 2n ** 60n }),
      candidate('f', { expectedCost: 0n }),
      candidate('v', { expectedCost: null }),
      candidate('c', { expectedCost: 2n ** 60n + 1n }),
    ]
    expect(order('LOWEST_COST', targets)).toBe('fabcuv')
  })
})

describe('LOWEST_LATENCY', () => {
  it('begins with who answers soonest, those that work on other calls counted', () => {
    const targets = [
      candidate('a', { latencyMs: 300 }),
      candidate('b', { latencyMs: 100, inFlight: 3 }),
      candidate('c', { latencyMs: 120, inFlight: 1 }),
    ]
    expect(order('LOWEST_LATENCY', targets)).toBe('cab')
  })

  it('tries a target that nobody knows, with one call at a time', () => {
    const unknown = candidate('n', { latencyMs: null })
    expect(order('LOWEST_LATENCY', [candidate('a'), unknown])).toBe('na')
    const asked = candidate('n', { latencyMs: null, inFlight: 1 })
    expect(order('LOWEST_LATENCY', [asked, candidate('a')])).toBe('an')
  })
})

describe('LEAST_BUSY', () => {
  it('takes the less busy one of two', () => {
    const targets = [candidate('a', { inFlight: 5 }), candidate('b', { inFlight: 4 })]
    expect(firsts('LEAST_BUSY', targets)).toEqual(new Map([['b', draws]]))
  })

  it('never begins with the busiest of several, and with the least busy one by two of three draws', () => {
    const targets = ['a', 'b', 'c'].map((name, inFlight) => candidate(name, { inFlight }))
    const counts = firsts('LEAST_BUSY', targets)
    expect(counts.get('c')).toBeUndefined()
    expect((counts.get('a') ?? 0) / draws).toBeCloseTo(2 / 3, 1)
  })

  it('spreads calls over those that are equal', () => {
    const counts = firsts(
      'LEAST_BUSY',
      ['a', 'b', 'c', 'd'].map((name) => candidate(name)),
    )
    for (const count of counts.values()) expect(count / draws).toBeCloseTo(0.25, 1)
    expect(counts.size).toBe(4)
  })
})

it('any order is a permutation, and the same for the same chance', () => {
  const strategies = [
    'PRIORITY',
    'LOWEST_COST',
    'LOWEST_LATENCY',
    'WEIGHTED',
    'ROUND_ROBIN',
    'LEAST_BUSY',
  ] as const satisfies readonly RoutingStrategy[]
  const some = fc.record({
    weight: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e3, noNaN: true })),
    expectedCost: fc.option(fc.bigInt({ min: 0n, max: 5n })),
    latencyMs: fc.option(fc.nat(500)),
    inFlight: fc.nat(5),
  })
  fc.assert(
    fc.property(
      fc.array(some, { maxLength: 8 }),
      fc.constantFrom(...strategies),
      fc.record({ turn: fc.nat(), seed: fc.nat() }),
      (given, strategy, { turn, seed }) => {
        const targets = given.map((one, index) => candidate(String(index), one))
        const once = () => order(strategy, targets, { turn, chance: seededRandom(seed) })
        expect(once().split('').toSorted().join('')).toBe(namesOf(targets))
        expect(once()).toBe(once())
      },
    ),
  )
})
