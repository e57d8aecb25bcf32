import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CircuitVerdict } from '#domain/circuit-verdict.ts'
import {
  enabled,
  type HealthOverride,
  healthAfter,
  isEnabled,
  type TargetHealth,
} from '#domain/target-health.ts'

/** A target after these: `f` is a failure, `s` a success, `-` says nothing; one every `everyMs`. */
function after(ends: string, everyMs = 20_000): TargetHealth {
  const verdicts: Readonly<Record<string, CircuitVerdict>> = { f: 'FAILURE', s: 'SUCCESS' }
  return ends
    .split('')
    .reduce<TargetHealth>(
      (health, end, index) =>
        healthAfter(health, { verdict: verdicts[end] ?? 'NOTHING', at: 1e12 + index * everyMs }),
      enabled,
    )
}

describe('a target', () => {
  it.each([
    ['fails ten times over three minutes', 'f'.repeat(10), 20_000, 'DISABLED'],
    ['fails nine times over three minutes', 'f'.repeat(9), 20_000, 'ENABLED'],
    ['fails a hundred times in a minute', 'f'.repeat(100), 600, 'ENABLED'],
    ['answers in between', 'ffffffffsffffffff', 20_000, 'ENABLED'],
    ['is limited all the time', '-'.repeat(10), 20_000, 'ENABLED'],
    ['fails while it is limited', 'f-'.repeat(10), 10_000, 'DISABLED'],
    ['answers once after that', `${'f'.repeat(10)}s`, 20_000, 'DISABLED'],
    ['answers once, and fails, and answers', `${'f'.repeat(10)}sfs`, 20_000, 'DISABLED'],
    ['answers twice after that', `${'f'.repeat(10)}ss`, 20_000, 'ENABLED'],
    ['answers twice, told of limits between', `${'f'.repeat(10)}s-s`, 20_000, 'ENABLED'],
  ] as const)('that %s', (_name, ends, everyMs, state) => {
    expect(after(ends, everyMs).state).toBe(state)
  })

  it('says since when it is disabled, and survives a restart', () => {
    const health = after('f'.repeat(12))
    expect(health).toEqual({
      state: 'DISABLED',
      since: 1e12 + 9 * 20_000,
      failures: 12,
      successes: 0,
    })
    expect(JSON.parse(JSON.stringify(health))).toEqual(health)
  })

  it('is as new after it was enabled again', () => {
    expect(after(`${'f'.repeat(10)}ss`)).toEqual(enabled)
  })

  it('is what its override says, whatever was measured', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('f', 's', '-'), maxLength: 40 }), (ends) => {
        const health = after(ends)
        const takesPart = (override: HealthOverride) => isEnabled(health, override)
        expect(takesPart('FORCE_ENABLED')).toBe(true)
        expect(takesPart('FORCE_DISABLED')).toBe(false)
        expect(takesPart('AUTO')).toBe(health.state === 'ENABLED')
      }),
    )
  })
})
