import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker, defaultBreaker } from '#domain/breaker.ts'
import { type CircuitSnapshot, keptCircuit, type Moment } from '#domain/circuit-snapshot.ts'

function opened(now: number): Breaker {
  const breaker = new Breaker()
  for (let count = 0; count < 5; count++) {
    const admission = breaker.admit(now)
    if (admission) breaker.report(admission, 'FAILURE', now)
  }
  return breaker
}

const restored = (snapshot: CircuitSnapshot, moment: Moment) =>
  new Breaker(defaultBreaker, keptCircuit(snapshot, moment, defaultBreaker))

const throughJson = (snapshot: CircuitSnapshot) =>
  JSON.parse(JSON.stringify(snapshot)) as CircuitSnapshot

describe('a circuit that is kept', () => {
  it('tells its instants by the clock on the wall', () => {
    expect(opened(1_000).snapshot({ now: 2_000, epochMs: 1e12 })).toEqual({
      state: 'OPEN',
      openedAt: 1e12 - 1_000,
      retryAt: 1e12 + 14_000,
      openMs: 15_000,
    })
  })

  it('survives a restart, after which the monotonic clock begins anew', () => {
    const kept = throughJson(opened(900_000).snapshot({ now: 901_000, epochMs: 1e12 }))
    const breaker = restored(kept, { now: 5, epochMs: 1e12 + 4_000 })
    expect(breaker.refusesForMs(5)).toBe(10_000)
    expect(breaker.snapshot({ now: 5, epochMs: 1e12 + 4_000 })).toEqual(kept)
  })

  it('doubles after a restart as if there had been none', () => {
    const breaker = opened(0)
    const kept = throughJson(breaker.snapshot({ now: 20_000, epochMs: 1e12 }))
    expect(kept).toEqual({ state: 'HALF_OPEN', openedAt: 1e12 - 20_000, openMs: 15_000 })
    const again = restored(kept, { now: 0, epochMs: 1e12 })
    const probe = again.admit(0)
    expect(probe).toMatchObject({ isProbe: true })
    if (probe) again.report(probe, 'FAILURE', 0)
    expect(again.refusesForMs(0)).toBe(30_000)
    const later = throughJson(again.snapshot({ now: 0, epochMs: 1e12 }))
    expect(restored(later, { now: 0, epochMs: 1e12 }).refusesForMs(0)).toBe(30_000)
  })

  it('is closed after a restart where it was', () => {
    const kept = throughJson(new Breaker().snapshot({ now: 0, epochMs: 1e12 }))
    expect(kept).toEqual({ state: 'CLOSED' })
    expect(restored(kept, { now: 0, epochMs: 1e12 }).admit(0)).toMatchObject({ isProbe: false })
  })

  it('is open for no longer than it was opened for, whatever was done to the clock', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.nat(1e6), (jumpMs, now) => {
        const kept = opened(0).snapshot({ now: 0, epochMs: 1e12 })
        const breaker = restored(kept, { now, epochMs: 1e12 + jumpMs })
        const left = breaker.refusesForMs(now) ?? 0
        expect(left).toBe(Math.min(15_000, Math.max(0, 15_000 - jumpMs)))
      }),
    )
  })
})
