import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PeakEwma } from '#domain/peak-ewma.ts'
import { inOrder } from '#domain/route-strategy.ts'

describe('the latency to expect', () => {
  it('is not known before the first answer', () => {
    expect(new PeakEwma().read(0)).toBeNull()
  })

  it('jumps to a peak at once', () => {
    const ewma = new PeakEwma()
    for (let now = 0; now < 10_000; now += 100) ewma.observe(200, now)
    ewma.observe(2_000, 10_000)
    expect(ewma.read(10_000)).toBe(2_000)
  })

  it('comes down only in time', () => {
    const ewma = new PeakEwma(10_000)
    ewma.observe(2_000, 0)
    ewma.observe(200, 0)
    expect(ewma.read(0)).toBe(2_000)
    ewma.observe(200, 10_000)
    expect(ewma.read(10_000)).toBeCloseTo(200 + 1_800 / Math.E)
  })

  it('is forgiven where nothing is measured any more', () => {
    const ewma = new PeakEwma(10_000)
    ewma.observe(2_000, 0)
    expect(ewma.read(10_000)).toBeCloseTo(2_000 / Math.E)
  })

  it('lies between 0 and the worst that was seen, and never below the last answer when that is read', () => {
    const seen = fc.array(
      fc.record({
        afterMs: fc.nat(30_000),
        latencyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      }),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(seen, (all) => {
        const ewma = new PeakEwma()
        let now = 0
        let worst = 0
        for (const { afterMs, latencyMs } of all) {
          now += afterMs
          worst = Math.max(worst, latencyMs)
          ewma.observe(latencyMs, now)
          const read = ewma.read(now) ?? Number.NaN
          expect(read).toBeGreaterThanOrEqual(latencyMs * (1 - 1e-12))
          expect(read).toBeLessThanOrEqual(worst * (1 + 1e-12))
        }
      }),
    )
  })
})

it('lets a route leave a target that is ten times slower within ten seconds, and come back to it', () => {
  const target = (name: string) => ({ name, ewma: new PeakEwma(), ends: [] as number[] })
  const targets = [target('a'), target('b')]
  const isSlow = (name: string, now: number) => name === 'a' && now >= 30_000 && now < 45_000
  const calls: { readonly name: string; readonly at: number }[] = []
  /** Ends of calls to come, with what is then measured. */
  const ending: { readonly at: number; readonly tell: () => void }[] = []
  for (let now = 0; now < 120_000; now += 50) {
    for (const { tell } of ending.filter(({ at }) => at === now)) tell()
    const [first] = inOrder(
      targets.map((one) => ({
        ...one,
        weight: 1,
        expectedCost: null,
        latencyMs: one.ewma.read(now),
        inFlight: one.ends.filter((end) => end > now).length,
      })),
      'LOWEST_LATENCY',
      { turn: 0, chance: () => 0 },
    )
    if (!first) continue
    const { name, ewma, ends } = first
    const latencyMs = isSlow(name, now) ? 2_000 : 200
    const at = now + latencyMs
    ends.push(at)
    ending.push({ at, tell: () => ewma.observe(latencyMs, at) })
    calls.push({ name, at: now })
  }
  const share = (from: number, to: number) => {
    const within = calls.filter(({ at }) => at >= from && at < to)
    return within.filter(({ name }) => name === 'a').length / within.length
  }
  expect(share(20_000, 30_000)).toBeGreaterThan(0.3)
  expect(share(40_000, 45_000)).toBeLessThan(0.05)
  expect(share(100_000, 120_000)).toBeGreaterThan(0.3)
})
