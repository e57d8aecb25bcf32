import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from './caller.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { crashes } from './silences.ts'
import { answers, answersWith } from './sound-answers.ts'

describe('an outage of the first target', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    house = await openHouse({
      providers: { first: { double: first }, second: { double: second } },
      models: ['steady'],
      routes: { steady: { targets: ['first:steady', 'second:steady'] } },
    })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  const question = { model: 'steady', stream: true }

  it('is noticed by nobody, costs the dead one a few calls, and is over within 30 s of its end', async () => {
    expect((await ask(house.origin, question)).isWhole).toBe(true)
    expect(second.bill).toHaveLength(0)

    // So that who waits for the recovery does not ask a thousand times a second.
    second.play('steady', answersWith({ before: (piece) => delay(piece === 0 ? 50 : 0) }))
    first.play('steady', crashes)
    first.list = crashes
    for (let call = 1; call <= 15; call++) {
      expect(await ask(house.origin, question)).toMatchObject({ status: 200, isWhole: true })
      expect(second.bill).toHaveLength(call)
    }
    // Five in a row open its circuit; what comes behind them are probes.
    expect(first.bill.length - 1).toBeLessThanOrEqual(5 + 3)

    first.play('steady', answers)
    const recoveredAt = performance.now()
    const before = first.bill.length
    while (first.bill.length === before) {
      expect(await ask(house.origin, question)).toMatchObject({ status: 200, isWhole: true })
      expect(performance.now() - recoveredAt).toBeLessThan(30_000)
    }
    const served = second.bill.length
    for (let call = 0; call < 10; call++) await ask(house.origin, question)
    expect(second.bill).toHaveLength(served)
  })
})
