import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { breachesOf, totalsOf } from '#test/support/allowances.ts'
import { ask } from './caller.ts'
import { askOften, tally } from './crowd.ts'
import { chargeOf } from './double-bill.ts'
import { type FaultHouse, impatient, openHouse } from './fault-house.ts'
import { type FaultProxy, startFaultProxy, type Weather } from './fault-proxy.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { answers } from './sound-answers.ts'

/** Weather that only makes answers slow. */
const slow: readonly (readonly [string, { up?: Weather; down?: Weather }])[] = [
  ['latency', { up: { latencyMs: 30 }, down: { latencyMs: 30 } }],
  ['a narrow road', { down: { bytesPerSecond: 40_000 } }],
  ['pieces of one byte', { up: { sliceBytes: 1 }, down: { sliceBytes: 1 } }],
  ['pieces of 13 bytes', { up: { sliceBytes: 13 }, down: { sliceBytes: 13 } }],
]

/** What happens to an answer in its middle, and how it is called. */
const faults = [
  ['HANG', 'provider_timeout'],
  ['RESET', 'provider_network'],
  ['HALF_CLOSE', 'provider_network'],
] as const

describe('between the gateway and a provider', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let proxy: FaultProxy
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    proxy = await startFaultProxy(first.port)
    const models = ['weather', 'lost', ...faults.map(([kind]) => kind.toLowerCase())]
    house = await openHouse({
      providers: {
        first: { double: { baseUrl: `http://127.0.0.1:${proxy.port}/v1` } },
        second: { double: second },
      },
      models,
      routes: Object.fromEntries(
        models.map((model) => [
          model,
          {
            targets: [
              { target: `first:${model}`, ...(model !== 'weather' && { timeouts: impatient }) },
              `second:${model}`,
            ],
          },
        ]),
      ),
    })
  })
  afterAll(async () => {
    await house?.close()
    await proxy?.close()
    await first?.close()
    await second?.close()
  })

  const inWeather = (weather: { up?: Weather; down?: Weather }) => {
    proxy.up = weather.up ?? {}
    proxy.down = weather.down ?? {}
    // Connections that are kept have carried bytes before.
    proxy.resetAll()
  }

  it.each(slow)('%s costs nobody a word', async (_, weather) => {
    inWeather(weather)
    for (const stream of [true, false]) {
      const heard = await ask(house.origin, { model: 'weather', stream })
      expect(heard).toMatchObject({ status: 200, code: null, isWhole: true })
      expect(first.bill.at(-1)?.text).toBe(heard.text)
    }
    expect(second.billOf('weather')).toEqual([])
  })

  it.each(faults)('%s in the middle of a stream is told, or made good', async (kind, code) => {
    const model = kind.toLowerCase()
    first.play(model, answers)
    inWeather({ down: { fault: { at: 5_000, kind } } })
    const cut = await ask(house.origin, { model, stream: true })
    expect(cut).toMatchObject({ status: 200, code, isWhole: false })
    expect(first.billOf(model)[0]?.text?.startsWith(cut.text)).toBe(true)
    expect(cut.text).not.toBe('')
    const aligned = await ask(house.origin, { model, stream: true, temperature: 0 })
    expect(aligned).toMatchObject({ status: 200, code: null, isWhole: true })
    expect(second.billOf(model).at(-1)?.text).toBe(aligned.text)
    const whole = await ask(house.origin, { model, stream: false })
    expect(whole).toMatchObject({ status: 200, isWhole: true })
  })

  it.each(['HANG', 'RESET'] as const)('%s in a request sends it elsewhere', async (kind) => {
    inWeather({ up: { fault: { at: 100, kind } } })
    const heard = await ask(house.origin, { model: 'lost', stream: true })
    expect(heard).toMatchObject({ status: 200, isWhole: true })
    expect(second.billOf('lost').at(-1)?.text).toBe(heard.text)
  })

  it('connections that the provider closes behind each answer fail no call', async () => {
    inWeather({})
    second.play('weather', async (exchange) => {
      await answers(exchange)
      exchange.close()
    })
    const question = { model: 'second:weather', stream: false }
    const heard = await askOften(house.origin, question, { calls: 200, atOnce: 20 })
    expect(tally(heard)).toEqual({ '200 whole': 200 })
    second.play('weather', answers)
  })

  it('a closed road sends calls elsewhere', async () => {
    inWeather({})
    proxy.open = false
    const heard = await ask(house.origin, { model: 'weather', stream: true })
    expect(heard).toMatchObject({ status: 200, isWhole: true })
    proxy.open = true
  })

  it('no weather costs more than is written down', async () => {
    const billed = [...first.bill, ...second.bill].reduce((sum, each) => sum + chargeOf(each), 0n)
    const { spent, held } = await totalsOf(house.databaseUrl, house.budget)
    expect(spent).toBeGreaterThanOrEqual(billed)
    expect(held).toBe(0n)
    expect(await breachesOf(house.databaseUrl)).toEqual([])
  })
})
