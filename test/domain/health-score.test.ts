import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decidedHealth, judgeHealth, speaksFor } from '#domain/health-score.ts'

const evidence = {
  attempts: 100,
  failures: 0,
  consecutiveFailures: 0,
  latencyP50Ms: 100,
  baselineP50Ms: 100,
  circuits: { total: 1, open: 0, halfOpen: 0 },
  check: null,
}
const circuits = (total: number, open: number, halfOpen = 0) => ({ total, open, halfOpen })
const noTraffic = { attempts: 0, latencyP50Ms: null }

const failedChecks = (failures: number) => ({ code: 'PROVIDER_NETWORK', failures }) as const

describe('a provider', () => {
  it.each([
    ['without traffic', { attempts: 0 }, 'UNKNOWN', 100],
    ['that always answers', {}, 'HEALTHY', 100],
    ['that fails now and then', { failures: 5 }, 'HEALTHY', 95],
    ['that fails often', { failures: 20 }, 'DEGRADED', 80],
    ['that mostly fails', { failures: 51 }, 'DOWN', 49],
    ['that failed five times in a row', { failures: 5, consecutiveFailures: 5 }, 'DOWN', 10],
    ['that failed twice of three times', { attempts: 3, failures: 2 }, 'DEGRADED', 33],
    ['twice as slow as usual', { latencyP50Ms: 200 }, 'HEALTHY', 100],
    ['three times as slow as usual', { latencyP50Ms: 300 }, 'DEGRADED', 67],
    ['ten times as slow as usual', { latencyP50Ms: 1000 }, 'DEGRADED', 50],
    ['whose usual speed is unknown', { baselineP50Ms: null }, 'HEALTHY', 100],
    ['with one of two circuits open', { circuits: circuits(2, 1) }, 'DEGRADED', 50],
    ['whose circuits are all open', { circuits: circuits(2, 2) }, 'DOWN', 0],
    ['whose one circuit is half open', { circuits: circuits(1, 0, 1) }, 'DEGRADED', 50],
    [
      'without traffic since its circuit opened',
      { ...noTraffic, circuits: circuits(1, 1) },
      'DOWN',
      0,
    ],
    ['that answered a check', { ...noTraffic, check: { code: null, failures: 0 } }, 'HEALTHY', 100],
    ['that failed one check', { ...noTraffic, check: failedChecks(1) }, 'DEGRADED', 50],
    ['that failed two checks', { ...noTraffic, check: failedChecks(2) }, 'DOWN', 0],
    ['that failed checks, but no call', { check: failedChecks(2) }, 'HEALTHY', 100],
  ] as const)('%s is judged', (_name, over, state, score) => {
    expect(judgeHealth({ ...evidence, ...over })).toMatchObject({ state, score })
  })

  it('has a score from 0 to 100 that never rises with failures', () => {
    const some = fc.record({
      attempts: fc.integer({ min: 1, max: 50 }),
      consecutiveFailures: fc.nat(9),
      latencyP50Ms: fc.option(fc.nat(5000)),
      baselineP50Ms: fc.option(fc.nat(5000)),
    })
    fc.assert(
      fc.property(some, fc.nat(49), (given, wanted) => {
        const failures = Math.min(wanted, given.attempts - 1)
        const { score } = judgeHealth({ ...evidence, ...given, failures })
        const worse = judgeHealth({ ...evidence, ...given, failures: failures + 1 }).score
        expect(score).toBeLessThanOrEqual(100)
        expect(worse).toBeGreaterThanOrEqual(0)
        expect(worse).toBeLessThanOrEqual(score)
      }),
    )
  })
})

describe('what is decided goes before what is measured', () => {
  const measured = judgeHealth(evidence)
  const auto = { override: 'AUTO', note: null, isDisabled: false } as const
  it.each([
    ['nothing', auto, 'HEALTHY', null],
    [
      'that it kept failing',
      { ...auto, isDisabled: true },
      'DISABLED',
      'It kept failing, and is disabled until it passes its checks.',
    ],
    [
      'by hand that it is disabled',
      { ...auto, override: 'FORCE_DISABLED', note: 'too dear' },
      'DISABLED',
      'Disabled by hand: too dear',
    ],
    [
      'by hand that it is enabled',
      { ...auto, override: 'FORCE_ENABLED', isDisabled: true },
      'HEALTHY',
      'Enabled by hand.',
    ],
  ] as const)('%s', (_what, said, state, reason) => {
    expect(decidedHealth(measured, said)).toMatchObject({ state, reason })
  })
})

it.each([
  [null, 'SUCCESS'],
  ['PROVIDER_UNAVAILABLE', 'FAILURE'],
  ['PROVIDER_TIMEOUT', 'FAILURE'],
  ['PROVIDER_AUTH', 'FAILURE'],
  ['PROVIDER_REJECTED', 'SUCCESS'],
  ['PROVIDER_RATE_LIMITED', 'NOTHING'],
  ['CIRCUIT_OPEN', 'NOTHING'],
  ['BUDGET_EXCEEDED', 'NOTHING'],
  ['CANCELLED', 'NOTHING'],
] as const)('an attempt that ends with %s speaks: %s', (code, verdict) => {
  expect(speaksFor(code)).toBe(verdict)
})
