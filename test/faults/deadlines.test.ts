import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from './caller.ts'
import { type FaultHouse, impatient, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import * as silences from './silences.ts'

/** The deadline for the first token, in ms, and how much later an answer may come from elsewhere. */
const deadline = impatient.first_token_ms
const grace = 500

const silent = [
  ['says nothing', silences.saysNothing],
  ['sends only headers', silences.sendsOnlyHeaders],
  ['says who is speaking, and no more', silences.sendsOnlyTheRole],
  ['sends only comments', silences.sendsOnlyComments],
] as const

describe('a target that does not come to its first token', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    const models = silent.map((_, index) => `silent-${index}`)
    house = await openHouse({
      providers: { first: { double: first, timeouts: impatient }, second: { double: second } },
      models,
      routes: Object.fromEntries(
        models.map((model) => [model, { targets: [`first:${model}`, `second:${model}`] }]),
      ),
    })
    // What is done for the first time takes its time.
    await ask(house.origin, { model: 'second:silent-0', stream: true })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  it.concurrent.each(silent.map((row, index) => [...row, `silent-${index}`] as const))(
    'is left half a second after its deadline at the latest, and another one answers (%s)',
    async (_, behaviour, model) => {
      first.play(model, behaviour)
      const heard = await ask(house.origin, { model, stream: true })
      expect(heard).toMatchObject({ status: 200, isWhole: true })
      expect(heard.ms).toBeGreaterThanOrEqual(deadline)
      expect(heard.ms).toBeLessThan(deadline + grace)
      const [entry] = first.billOf(model)
      await entry?.over
      expect(entry?.leftAt).toBeDefined()
      expect(first.billOf(model)).toHaveLength(1)
    },
  )
})
