import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { healthHistory } from '#domain/health-history.ts'
import type { HealthState } from '#domain/health-score.ts'

const buckets = { starts: [0, 100, 200], end: 300 }
const since = (state: HealthState, at: number) => ({ state, at })

describe('a provider’s history', () => {
  it('is unknown where nothing is known', () => {
    const unknown = { state: 'UNKNOWN', uptimeRatio: null }
    expect(healthHistory([], buckets)).toEqual([unknown, unknown, unknown])
    expect(healthHistory([since('HEALTHY', 100)], buckets)[0]).toEqual(unknown)
  })

  it('has the worst state of each bucket, and the part of the known time in which it was up', () => {
    const states = [
      since('HEALTHY', -50),
      since('DOWN', 50),
      since('HEALTHY', 75),
      since('DEGRADED', 150),
      since('UNKNOWN', 250),
    ]
    expect(healthHistory(states, buckets)).toEqual([
      { state: 'DOWN', uptimeRatio: 0.75 },
      { state: 'DEGRADED', uptimeRatio: 1 },
      { state: 'DEGRADED', uptimeRatio: 1 },
    ])
  })

  it('goes on in the last state up to now, and not beyond', () => {
    const states = [since('DISABLED', 50)]
    expect(healthHistory(states, { starts: [0, 100, 200], end: 150 })).toEqual([
      { state: 'DISABLED', uptimeRatio: 0 },
      { state: 'DISABLED', uptimeRatio: 0 },
      { state: 'UNKNOWN', uptimeRatio: null },
    ])
  })

  it('never has more uptime than there is time', () => {
    const state = fc.constantFrom<HealthState>('HEALTHY', 'DEGRADED', 'DOWN', 'UNKNOWN', 'DISABLED')
    const states = fc
      .array(fc.record({ state, at: fc.integer({ min: -100, max: 400 }) }))
      .map((some) => some.toSorted((one, other) => one.at - other.at))
    fc.assert(
      fc.property(states, (given) => {
        for (const { state: worst, uptimeRatio } of healthHistory(given, buckets)) {
          expect(uptimeRatio === null).toBe(worst === 'UNKNOWN')
          expect(uptimeRatio ?? 0).toBeGreaterThanOrEqual(0)
          expect(uptimeRatio ?? 1).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
