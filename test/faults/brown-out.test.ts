import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askOn, tally } from './crowd.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { answersWith } from './sound-answers.ts'

/** In ms: how long an answer takes, and how long it does in the brown-out; a busy machine adds tens of them. */
const usual = 100
const slow = 10 * usual
/** In ms, as the issue demands. */
const lasts = 15_000
const leftWithin = 10_000

const answersIn = (ms: number) =>
  answersWith({ before: (piece) => (piece === 0 ? delay(ms) : Promise.resolve()) })

describe('a target that becomes ten times slower for 15 s', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    house = await openHouse({
      providers: { first: { double: first }, second: { double: second } },
      models: ['fast'],
      routes: { fast: { strategy: 'lowest_latency', targets: ['first:fast', 'second:fast'] } },
    })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  it('is left within 10 s by a route that takes the fastest, and nobody fails', async () => {
    first.play('fast', answersIn(usual))
    second.play('fast', answersIn(usual))
    const crowd = askOn(house.origin, { model: 'fast', stream: true }, { atOnce: 2 })
    while (first.bill.length < 5) await Promise.race([first.next(), second.next()])
    first.play('fast', answersIn(slow))
    const since = performance.now()
    while (performance.now() - since < lasts) await second.next()
    const heard = await crowd.stop()
    const late = (double: ProviderDouble) =>
      double.bill.filter(({ receivedAt }) => receivedAt - since > leftWithin).length
    expect(Object.keys(tally(heard))).toEqual(['200 whole'])
    expect(late(second)).toBeGreaterThan(20)
    expect(late(first) / late(second)).toBeLessThan(0.05)
  })
})
