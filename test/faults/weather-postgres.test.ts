import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { breachesOf, totalsOf } from '#test/support/allowances.ts'
import { ask } from './caller.ts'
import { askOften, askOn, tally } from './crowd.ts'
import { chargeOf } from './double-bill.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'

describe('between the gateway and Postgres', () => {
  let double: ProviderDouble
  let house: FaultHouse
  let proxy: FaultProxy

  beforeAll(async () => {
    double = await startDouble({ name: 'double' })
    house = await openHouse({
      providers: { double: { double } },
      models: ['kept'],
      databaseUrl: async (text) => {
        const url = new URL(text)
        proxy = await startFaultProxy(Number(url.port))
        url.port = `${proxy.port}`
        return url.href
      },
    })
  })
  afterAll(async () => {
    await house?.close()
    await proxy?.close()
    await double?.close()
  })

  const question = { model: 'double:kept', stream: true }
  const isServed = () =>
    vi.waitFor(async () => expect((await ask(house.origin, question)).status).toBe(200), {
      timeout: 15_000,
      interval: 100,
    })

  it('latency makes calls slow, and nothing else', async () => {
    proxy.up = { latencyMs: 10 }
    proxy.down = { latencyMs: 10, sliceBytes: 500 }
    const heard = await askOften(house.origin, question, { calls: 40, atOnce: 20 })
    expect(tally(heard)).toEqual({ '200 whole': 40 })
    proxy.up = proxy.down = {}
  })

  it('connections that break again and again cost nobody a charge, and nobody an answer that was begun', async () => {
    const crowd = askOn(house.origin, question, { atOnce: 20 })
    for (let time = 0; time < 5; time++) {
      await double.next()
      proxy.resetAll()
    }
    const heard = await crowd.stop()
    expect(heard.filter(({ status, isWhole }) => status === 200 && !isWhole)).toEqual([])
    expect(heard.filter(({ status }) => status !== 200 && status !== 503)).toEqual([])
    await isServed()
  })

  it('silence refuses what a budget can no longer allow, and is over when it is over', async () => {
    proxy.up = { fault: { at: 0, kind: 'HANG' } }
    const heard = await ask(house.origin, question)
    expect(heard).toMatchObject({ status: 503, isWhole: false })
    proxy.up = {}
    proxy.resetAll()
    await isServed()
  })

  it('nothing is lost, and nothing is charged twice', async () => {
    const billed = double.bill.reduce((sum, each) => sum + chargeOf(each), 0n)
    await vi.waitFor(
      async () =>
        expect(await totalsOf(house.databaseUrl, house.budget)).toEqual({
          spent: billed,
          held: 0n,
          overage: 0n,
        }),
      { timeout: 15_000, interval: 200 },
    )
    expect(await breachesOf(house.databaseUrl)).toEqual([])
  })
})
