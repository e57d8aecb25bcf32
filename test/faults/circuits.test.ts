import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from './caller.ts'
import { askOften, tally } from './crowd.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { readCalls } from './fault-rows.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { limits, refuses } from './refusals.ts'
import { answers, answersWith } from './sound-answers.ts'

/** How long circuits stay open here at first; it is 15 s unless the file says otherwise. */
const openMs = 1000

describe('circuits', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    const models = ['limited', 'probed', 'last', 'lone']
    house = await openHouse({
      providers: {
        first: { double: first, breaker: { open_ms: openMs }, retries: { max: 0 } },
        second: { double: second, retries: { max: 0 } },
      },
      models,
      routes: { last: { targets: ['first:last', 'second:last'] } },
    })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  const askFirst = (model: string) => ask(house.origin, { model: `first:${model}`, stream: false })

  it('are never opened by 429', async () => {
    first.play('limited', limits('0.05'))
    const question = { model: 'first:limited', stream: false, user: 'limited' }
    let asked = 0
    // Those who come while the target rests are not sent on: others are, when it has rested.
    while (asked < 100) {
      const heard = await askOften(house.origin, question, { calls: 50, atOnce: 50 })
      expect(Object.keys(tally(heard)).filter((what) => !what.startsWith('429'))).toEqual([])
      asked = first.billOf('limited').length
    }
    first.play('limited', answers)
    let status = 429
    while (status === 429) ({ status } = await ask(house.origin, question))
    expect(status).toBe(200)
    const rows = [...(await readCalls(house.databaseUrl)).values()]
    const skipped = rows.flatMap(({ attempts }) =>
      attempts.filter((attempt) => attempt.status === 'SKIPPED_CIRCUIT_OPEN'),
    )
    expect(skipped).toEqual([])
  })

  it('let a lone target fail at once, without asking it', async () => {
    first.play('lone', refuses(500))
    while ((await askFirst('lone')).code !== 'circuit_open') continue
    const asked = first.billOf('lone').length
    expect(asked).toBe(5)
    const heard = await askFirst('lone')
    expect(heard).toMatchObject({ status: 503, code: 'circuit_open' })
    expect(Number(heard.retryAfter)).toBeGreaterThan(0)
  })

  it('let one probe through of a hundred who come at once, and close when it is answered', async () => {
    first.play('probed', refuses(500))
    while ((await askFirst('probed')).code !== 'circuit_open') continue
    const asked = first.billOf('probed').length
    const gate = Promise.withResolvers<void>()
    first.play('probed', answersWith({ before: () => gate.promise }))
    const crowd = async () => {
      let refused = 0
      const calls = Array.from({ length: 100 }, async () => {
        const heard = await askFirst('probed')
        if (heard.status === 503 && ++refused === 99) gate.resolve()
        return heard
      })
      return tally(await Promise.all(calls))
    }
    let heard = await crowd()
    while (first.billOf('probed').length === asked) heard = await crowd()
    expect(first.billOf('probed').length - asked).toBe(1)
    expect(heard).toEqual({ '503 circuit_open': 99, '200 whole': 1 })
    expect((await askFirst('probed')).status).toBe(200)
  })

  it('never take the last target out of a route, and see at once when it is back', async () => {
    first.play('last', refuses(500))
    second.play('last', refuses(500))
    const question = { model: 'last', stream: false }
    const sent = () => first.billOf('last').length + second.billOf('last').length
    for (let call = 0; call < 50; call++) {
      const before = sent()
      await ask(house.origin, question)
      expect(sent()).toBeGreaterThan(before)
    }
    expect(sent()).toBeLessThan(80)
    first.play('last', answers)
    second.play('last', answers)
    expect((await ask(house.origin, question)).status).toBe(200)
  })
})
