import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from './caller.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { limits } from './refusals.ts'
import { answers, answersWith } from './sound-answers.ts'

const inAnHour = () => new Date(Date.now() + 3_600_000).toUTCString()

/** What a target says of when to come back, and what a caller who has no other is told, in seconds. */
const words = [
  ['a number of seconds', '20', [19, 20]],
  ['more seconds than a minute has', '86400', [59, 60]],
  ['a date', inAnHour(), [59, 60]],
  ['a date in 2065', 'Sat, 02 May 2065 09:00:00 GMT', [59, 60]],
  ['a time that has passed', '-30', [1, 1]],
  ['no time', undefined, [1, 1]],
] as const

describe('a target that limits us', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    const models = [...words.map((_, index) => `limit-${index}`), 'told', 'tokens']
    house = await openHouse({
      providers: { first: { double: first }, second: { double: second } },
      models,
      routes: Object.fromEntries(
        models.map((model) => [model, { targets: [`first:${model}`, `second:${model}`] }]),
      ),
    })
  })
  afterAll(async () => {
    await house?.close()
    await first?.close()
    await second?.close()
  })

  it.each(words.map((row, index) => [...row, `limit-${index}`] as const))(
    'and says %s, is left alone, and another one is asked at once',
    async (_, retryAfter, [least, most], model) => {
      first.play(model, limits(retryAfter))
      const heard = []
      for (let call = 0; call < 3; call++)
        heard.push(await ask(house.origin, { model, stream: call > 0 }))
      expect(heard.map(({ status, isWhole }) => [status, isWhole])).toEqual(
        heard.map(() => [200, true]),
      )
      expect(first.billOf(model)).toHaveLength(1)
      const alone = await ask(house.origin, { model: `first:${model}`, stream: false })
      expect(alone).toMatchObject({ status: 429, code: 'provider_rate_limited' })
      expect(Number(alone.retryAfter)).toBeGreaterThanOrEqual(least)
      expect(Number(alone.retryAfter)).toBeLessThanOrEqual(most)
      expect(first.billOf(model)).toHaveLength(1)
    },
  )

  it('by its own headers, is not asked beyond what it has left', async () => {
    const left = (remaining: number) =>
      answersWith({
        headers: {
          'x-ratelimit-limit-requests': '3',
          'x-ratelimit-remaining-requests': `${remaining}`,
          'x-ratelimit-reset-requests': '40s',
        },
      })
    first.play('told', left(2), left(1), left(0), limits('40'))
    for (let call = 0; call < 6; call++)
      expect((await ask(house.origin, { model: 'told', stream: false })).status).toBe(200)
    expect(first.billOf('told').map(({ refused }) => refused)).toEqual([false, false, false])
    expect(second.billOf('told')).toHaveLength(3)
  })

  it('is asked again when it has rested', async () => {
    first.play('tokens', limits('0.3'), answers)
    const model = 'first:tokens'
    let heard = await ask(house.origin, { model, stream: false })
    expect(heard.status).toBe(429)
    const since = performance.now()
    while (heard.status === 429) heard = await ask(house.origin, { model, stream: false })
    expect(heard.status).toBe(200)
    expect(performance.now() - since).toBeGreaterThan(200)
    expect(first.billOf('tokens')).toHaveLength(2)
  })
})
