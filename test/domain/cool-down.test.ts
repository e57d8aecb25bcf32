import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CoolDown } from '#domain/cool-down.ts'

const requests = (remaining: number, resetMs: number | null) => ({
  requests: { limit: 10, remaining, resetMs },
  tokens: null,
})

describe('a target that has refused', () => {
  it.each([
    ['as long as it asks', 7_000, 7_000],
    ['a minute where it asks for more', 1.2e12, 60_000],
    ['a second where it asks for the past', -5_000, 1_000],
    ['a second where it asks for nothing', undefined, 1_000],
  ])('rests %s', (_name, retryAfterMs, restMs) => {
    const coolDown = new CoolDown()
    coolDown.refused(500, retryAfterMs)
    expect(coolDown.restMs(500)).toBe(restMs)
    expect(coolDown.restMs(500 + restMs)).toBe(0)
  })

  it('rests for twice as long each time that it says nothing, until it answers', () => {
    const coolDown = new CoolDown()
    let now = 0
    const rests = Array.from({ length: 8 }, () => {
      now += coolDown.restMs(now)
      coolDown.refused(now)
      return coolDown.restMs(now)
    })
    expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    now += 60_000
    coolDown.answered()
    coolDown.refused(now)
    expect(coolDown.restMs(now)).toBe(1_000)
  })

  it('rests no longer for calls that it refuses while it rests', () => {
    const coolDown = new CoolDown()
    for (let call = 0; call < 50; call++) coolDown.refused(call)
    expect(coolDown.restMs(50)).toBe(950)
    coolDown.refused(50, 10)
    expect(coolDown.restMs(50)).toBe(950)
  })

  it('can be asked at once after a reset by hand', () => {
    const coolDown = new CoolDown()
    coolDown.refused(0, 30_000)
    coolDown.told(requests(0, 30_000), 0)
    coolDown.reset()
    expect(coolDown.restMs(0)).toBe(0)
  })
})

describe('a target that tells its limits', () => {
  it('rests when nothing is left, until it says', () => {
    const coolDown = new CoolDown()
    coolDown.told(requests(0, 20_000), 1_000)
    expect(coolDown.restMs(2_000)).toBe(19_000)
    expect(coolDown.restMs(21_000)).toBe(0)
  })

  it('is not asked for more than it has left, by calls that it has not counted yet', () => {
    const coolDown = new CoolDown()
    coolDown.told(requests(2, 20_000), 0)
    const asked = Array.from({ length: 4 }, () => {
      const mayAsk = coolDown.restMs(0) === 0
      if (mayAsk) coolDown.sent(0)
      return mayAsk
    })
    expect(asked).toEqual([true, true, false, false])
  })

  it('is asked for what it has tokens for', () => {
    const coolDown = new CoolDown()
    const tokens = { limit: 1_000, remaining: 100, resetMs: 6_000 }
    coolDown.told({ requests: null, tokens }, 0)
    expect([100, 101, 1_000, 1_001].map((wanted) => coolDown.restMs(0, wanted))).toEqual([
      0, 6_000, 6_000, 0,
    ])
    coolDown.sent(60)
    expect(coolDown.restMs(0, 41)).toBe(6_000)
  })

  it('is asked where nobody knows until when it would rest', () => {
    const coolDown = new CoolDown()
    coolDown.told(requests(0, 5_000), 0)
    coolDown.told(requests(0, null), 100)
    expect(coolDown.restMs(100)).toBe(0)
  })

  it('is asked again as soon as it tells that there is something left', () => {
    const coolDown = new CoolDown()
    coolDown.told(requests(0, 60_000), 0)
    coolDown.told(requests(1, 60_000), 100)
    expect(coolDown.restMs(100)).toBe(0)
  })

  it('never rests for more than a minute, whatever it says', () => {
    const said = fc.oneof(
      fc.record({ retryAfterMs: fc.option(fc.double(), { nil: undefined }) }),
      fc.record({
        remaining: fc.nat(3),
        resetMs: fc.option(fc.double({ min: 0, noNaN: true })),
      }),
    )
    fc.assert(
      fc.property(fc.array(said, { maxLength: 20 }), fc.nat(100), (all, tokens) => {
        const coolDown = new CoolDown()
        for (const one of all) {
          if ('remaining' in one) coolDown.told(requests(one.remaining, one.resetMs), 0)
          else coolDown.refused(0, one.retryAfterMs)
          coolDown.sent(tokens)
          const rest = coolDown.restMs(0, tokens)
          expect(rest).toBeGreaterThanOrEqual(0)
          expect(rest).toBeLessThanOrEqual(60_000)
        }
      }),
    )
  })
})
