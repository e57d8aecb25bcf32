import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { breachesOf } from '#test/support/allowances.ts'
import { breaksOff } from './broken-answers.ts'
import { askOften, tally } from './crowd.ts'
import type { Behaviour } from './double-exchange.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { limits, refuses } from './refusals.ts'
import { crashes, hangsUp, speaksNonsense } from './silences.ts'
import { answers } from './sound-answers.ts'

const calls = 1000

const failures: readonly Behaviour[] = [
  refuses(500),
  crashes,
  refuses(503),
  hangsUp,
  refuses(529),
  speaksNonsense,
  breaksOff('an error object', 0),
  limits('0.2'),
]

/** Fails every other time, in turn in all ways that another target can make good. */
const failsHalf: Behaviour = (exchange) => {
  const { turn } = exchange.entry
  const failure = failures[(turn >> 1) % failures.length]
  return turn % 2 === 0 && failure ? failure(exchange) : answers(exchange)
}

describe('a target that fails every other call, before one that does not', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    first.play('*', failsHalf)
    const models = ['priority', 'weighted', 'lowest_latency']
    house = await openHouse({
      providers: { first: { double: first }, second: { double: second } },
      models,
      routes: Object.fromEntries(
        models.map((strategy) => [
          strategy,
          { strategy, targets: [`first:${strategy}`, `second:${strategy}`] },
        ]),
      ),
    })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  it.each([
    ['priority', true],
    ['weighted', true],
    ['lowest_latency', false],
  ])('by %s (streamed: %s), lets 999 of a thousand calls succeed', async (model, stream) => {
    const heard = await askOften(house.origin, { model, stream }, { calls, atOnce: 32 })
    expect(tally(heard)['200 whole'] ?? 0).toBeGreaterThanOrEqual(0.999 * calls)
  })

  it('leaves no books in disorder', async () => {
    expect(await breachesOf(house.databaseUrl)).toEqual([])
    expect(first.bill.filter(({ refused }) => refused).length).toBeGreaterThan(10)
  })
})
