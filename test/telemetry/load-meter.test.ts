import { describe, expect, it } from 'vitest'
import { createLoadMeter, memoryInUse } from '#telemetry/load-meter.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'

/** Its timers fire late: by `lateMs` each. */
class LateClock extends FakeClock {
  lateMs = 0

  override now(): number {
    return super.now() + this.#late
  }

  #late = 0

  override every(ms: number, tick: () => void): () => void {
    return super.every(ms, () => {
      this.#late += this.lateMs
      tick()
    })
  }
}

const meterOn = (clock: FakeClock, memory = () => 0.1) => {
  const meter = createLoadMeter({ clock, queue: () => 0.3, memory })
  return { meter, stop: meter.start() }
}

describe('the load meter', () => {
  it('reads nothing on an idle loop', () => {
    const clock = new LateClock()
    const { meter } = meterOn(clock)
    clock.advance(5000)
    expect(meter.load()).toMatchObject({ lagMs: 0, memory: 0.1, queue: 0.3 })
  })

  it('comes to the lateness of a loop that stays late, and forgets it in a few seconds', () => {
    const clock = new LateClock()
    const { meter } = meterOn(clock)
    clock.lateMs = 300
    clock.advance(2000)
    expect(meter.load().lagMs).toBeGreaterThan(295)
    expect(meter.load().lagMs).toBeLessThanOrEqual(300)
    clock.lateMs = 0
    clock.advance(500)
    expect(meter.load().lagMs).toBeLessThan(200)
    clock.advance(5000)
    expect(meter.load().lagMs).toBeLessThan(2)
  })

  it.each([
    ['300 ms is no overload', 300, 0, 200],
    ['a second is one', 1000, 400, 1000],
  ])('takes into account how long it was: one block of %s', (_what, blockMs, least, most) => {
    const clock = new LateClock()
    const { meter } = meterOn(clock)
    clock.lateMs = blockMs
    clock.advance(100)
    expect(meter.load().lagMs).toBeGreaterThan(least)
    expect(meter.load().lagMs).toBeLessThan(most)
  })

  it('looks at the memory once a second', () => {
    const clock = new FakeClock()
    let looks = 0
    const { meter } = meterOn(clock, () => ++looks / 10)
    clock.advance(3000)
    expect(meter.load().memory).toBe(0.4)
  })

  it('stops', () => {
    const clock = new FakeClock()
    meterOn(clock).stop()
    expect(clock.timers).toBe(0)
  })
})

it('finds a part of the memory in use', () => {
  expect(memoryInUse()).toBeGreaterThan(0)
  expect(memoryInUse()).toBeLessThan(1)
})
