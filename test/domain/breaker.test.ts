import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker } from '#domain/breaker.ts'
import type { Admission } from '#domain/circuit.ts'
import type { CircuitVerdict } from '#domain/circuit-verdict.ts'

/** One call of the target that ends at once. */
function call(breaker: Breaker, verdict: CircuitVerdict, now: number): void {
  breaker.report(admitted(breaker, now), verdict, now)
}

function admitted(breaker: Breaker, now: number): Admission {
  const admission = breaker.admit(now)
  if (!admission) throw new Error('The circuit refused.')
  return admission
}

function opened(now = 0): Breaker {
  const breaker = new Breaker()
  for (let count = 0; count < 5; count++) call(breaker, 'FAILURE', now)
  return breaker
}

const stateOf = (breaker: Breaker, now: number) => breaker.snapshot({ now, epochMs: now }).state

describe('a circuit', () => {
  it('opens after five failures in a row, for 15 s', () => {
    const breaker = opened()
    expect(stateOf(breaker, 0)).toBe('OPEN')
    expect(breaker.refusesForMs(1_000)).toBe(14_000)
    expect(breaker.admit(14_999)).toBeUndefined()
    expect(stateOf(breaker, 15_000)).toBe('HALF_OPEN')
  })

  it('never opens by what says nothing, such as 429', () => {
    const breaker = new Breaker()
    for (let count = 0; count < 1_000; count++) call(breaker, 'NOTHING', count)
    expect(stateOf(breaker, 1_000)).toBe('CLOSED')
  })

  it('closes when the probe succeeds, and has forgotten its failures', () => {
    const breaker = opened()
    call(breaker, 'SUCCESS', 15_000)
    for (let count = 0; count < 4; count++) call(breaker, 'FAILURE', 15_001)
    expect(stateOf(breaker, 15_001)).toBe('CLOSED')
  })

  it('opens for twice as long whenever the probe fails, up to five minutes', () => {
    const breaker = opened()
    let now = 0
    const opens = Array.from({ length: 7 }, () => {
      now += breaker.refusesForMs(now) ?? 0
      call(breaker, 'FAILURE', now)
      return breaker.refusesForMs(now)
    })
    expect(opens).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000, 300_000])
  })

  it('lets another one probe after a probe that said nothing', () => {
    const breaker = opened()
    const probe = admitted(breaker, 15_000)
    expect(breaker.refusesForMs(15_000)).toBe(1_000)
    expect(breaker.admit(15_000)).toBeUndefined()
    breaker.report(probe, 'NOTHING', 15_100)
    expect(breaker.refusesForMs(15_100)).toBeNull()
    expect(breaker.admit(15_100)).toMatchObject({ isProbe: true })
  })

  it('does not listen to calls that began before it changed, nor twice to the same', () => {
    const breaker = new Breaker()
    const slow = admitted(breaker, 0)
    for (let count = 0; count < 5; count++) call(breaker, 'FAILURE', 0)
    const probe = admitted(breaker, 15_000)
    breaker.report(slow, 'SUCCESS', 15_001)
    expect(stateOf(breaker, 15_001)).toBe('HALF_OPEN')
    breaker.report(probe, 'NOTHING', 15_002)
    admitted(breaker, 15_003)
    breaker.report(probe, 'FAILURE', 15_004)
    expect(stateOf(breaker, 15_004)).toBe('HALF_OPEN')
  })

  it('can be reset, and woken for a probe', () => {
    const reset = opened()
    reset.reset()
    expect(stateOf(reset, 0)).toBe('CLOSED')
    const woken = opened()
    woken.wake(1)
    expect(woken.admit(1)).toMatchObject({ isProbe: true })
  })

  it('is overridden by hand', () => {
    const override = 'FORCE_ENABLED'
    expect(opened().admit(0, { override })).toMatchObject({ isProbe: false })
    expect(new Breaker().admit(0, { override: 'FORCE_DISABLED' })).toBeUndefined()
  })

  it('lets a last resort through, learns from its success, and not from its failure', () => {
    const breaker = opened()
    const [first, second] = [0, 1].map((now) => breaker.admit(now, { isLastResort: true }))
    if (!first || !second) throw new Error('The circuit refused a last resort.')
    breaker.report(first, 'FAILURE', 2)
    expect(breaker.refusesForMs(2)).toBe(14_998)
    breaker.report(second, 'SUCCESS', 3)
    expect(stateOf(breaker, 3)).toBe('CLOSED')
  })

  it('lets at most one probe through at a time, in any interleaving', () => {
    const verdict = fc.constantFrom<CircuitVerdict>('SUCCESS', 'FAILURE', 'NOTHING')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('call' as const), afterMs: fc.nat(9_000) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(30), verdict }),
    )
    const policy = {
      inARow: 2,
      ratio: 0.5,
      leastCalls: 4,
      windowMs: 10_000,
      openMs: 5_000,
      longestOpenMs: 20_000,
    }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const breaker = new Breaker(policy)
        const running: Admission[] = []
        let now = 0
        const begin = () => {
          const state = stateOf(breaker, now)
          const refuses = breaker.refusesForMs(now) !== null
          const admission = breaker.admit(now)
          expect(admission === undefined).toBe(refuses)
          expect(state === 'OPEN' && !refuses).toBe(false)
          expect(admission?.isProbe ?? false).toBe(state === 'HALF_OPEN' && !refuses)
          if (admission) running.push(admission)
        }
        const end = (which: number, how: CircuitVerdict) => {
          const [ended] = running.splice(which % Math.max(1, running.length), 1)
          if (ended) breaker.report(ended, how, now)
        }
        for (const one of steps) {
          if (one.kind === 'call') {
            now += one.afterMs
            begin()
          } else end(one.which, one.verdict)
          expect(running.filter(({ isProbe }) => isProbe).length).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
