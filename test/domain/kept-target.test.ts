import { describe, expect, it } from 'vitest'
import type { CircuitSnapshot } from '#domain/circuit-snapshot.ts'
import { circuitNow, isSameCircuit, isSameTarget, isWell } from '#domain/kept-target.ts'
import { enabled } from '#domain/target-health.ts'

const closed: CircuitSnapshot = { state: 'CLOSED' }
const open = { state: 'OPEN', openedAt: 1000, retryAt: 16_000, openMs: 15_000 } as const
const disabled = { state: 'DISABLED', since: 0, failures: 10, successes: 0 } as const

describe('a circuit', () => {
  it.each([
    ['and itself', open, open, true],
    ['and one measured by another clock', open, { ...open, openedAt: 1099 }, true],
    ['and its next opening', open, { ...open, openedAt: 1100 }, false],
    ['and one that is open for longer', open, { ...open, openMs: 30_000 }, false],
    ['and a closed one', open, closed, false],
  ] as const)('%s are told apart', (_what, one, other, expected) => {
    expect(isSameCircuit(one, other)).toBe(expected)
  })

  it('that was open is half open when its time is over', () => {
    expect(circuitNow(open, 15_999)).toBe(open)
    const halfOpen = { state: 'HALF_OPEN', openedAt: 1000, openMs: 15_000 }
    expect(circuitNow(open, 16_000)).toEqual(halfOpen)
    expect(circuitNow(closed, 99_999)).toBe(closed)
  })
})

it('a target is well when its circuit is closed and it is enabled', () => {
  expect(isWell({ circuit: closed, health: enabled })).toBe(true)
  expect(isWell({ circuit: open, health: enabled })).toBe(false)
  expect(isWell({ circuit: closed, health: disabled })).toBe(false)
})

it('counters make no other target', () => {
  const one = { circuit: closed, health: disabled }
  expect(isSameTarget(one, { ...one, health: { ...disabled, successes: 1 } })).toBe(true)
  expect(isSameTarget(one, { ...one, health: enabled })).toBe(false)
})
