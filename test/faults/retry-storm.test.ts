import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askOften, tally } from './crowd.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { refuses } from './refusals.ts'
import { crashes } from './silences.ts'

const calls = 1000

describe('targets of which every call fails', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble()
    second = await startDouble()
    first.play('*', refuses(503))
    second.play('*', crashes)
    const models = ['guarded', 'bare']
    house = await openHouse({
      providers: { first: { double: first }, second: { double: second } },
      models,
      routes: {
        guarded: { targets: ['first:guarded', 'second:guarded'] },
        bare: {
          targets: [
            { target: 'first:bare', breaker: false },
            { target: 'second:bare', breaker: false },
          ],
        },
      },
    })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  it('are sent at most 1.25 times the calls where nothing but the retry budget keeps them', async () => {
    const question = { model: 'bare', stream: true }
    const heard = await askOften(house.origin, question, { calls, atOnce: 48 })
    expect(tally(heard)).toEqual({ '502 provider_network': calls })
    for (const double of [first, second]) {
      const sent = double.billOf('bare').length
      expect(sent).toBeGreaterThanOrEqual(calls)
      expect(sent).toBeLessThanOrEqual(1.25 * calls)
    }
  })

  it('are sent no more than that by a route with circuits, which still asks somebody for every call', async () => {
    const heard = await askOften(
      house.origin,
      { model: 'guarded', stream: false },
      { calls, atOnce: 48 },
    )
    expect(heard.filter(({ status }) => status < 500)).toEqual([])
    const sent = [first, second].map((double) => double.billOf('guarded').length)
    expect(Math.max(...sent)).toBeLessThanOrEqual(1.25 * calls)
    expect(Math.max(...sent)).toBeGreaterThanOrEqual(calls / 2)
  })
})
