import { describe, expect, it } from 'vitest'
import { createHealthMonitor } from '#events/provider-health.ts'
import { defaultTenantId } from '#domain/access.ts'
import type { ErrorCode } from '#domain/errors.ts'
import { enabled, type HealthOverride } from '#domain/target-health.ts'
import { FakeClock } from '../support/fake-gateway.ts'
import { attemptOf, failedAttempt, recordOf } from '../support/request-record.ts'

function setUp() {
  const clock = new FakeClock()
  const monitor = createHealthMonitor(clock)
  const attempt = (one = attemptOf()) => monitor.callEnded(recordOf({ attempts: [one] }))
  const health = (tenantId = defaultTenantId) => monitor.healthOf('openai', tenantId)
  const check = (code: ErrorCode | null = null) =>
    monitor.checked({ providerName: 'openai', code, latencyMs: null, at: clock.epochMs() })
  return { attempt, check, clock, health, monitor }
}

describe('a provider’s health', () => {
  it('is unknown before any traffic', () => {
    expect(setUp().health()).toMatchObject({
      state: 'UNKNOWN',
      checkedAt: null,
      successRate: null,
      latencyP50Ms: null,
    })
  })

  it('comes from its own attempts, whatever became of the call', () => {
    const { monitor, health } = setUp()
    monitor.callEnded(
      recordOf({
        attempts: [failedAttempt('PROVIDER_TIMEOUT'), attemptOf({ providerName: 'xai' })],
      }),
    )
    expect(health()).toMatchObject({ successRate: 0, consecutiveFailures: 1 })
    expect(monitor.healthOf('xai', defaultTenantId)).toMatchObject({
      successRate: 1,
      state: 'HEALTHY',
    })
  })

  it('goes down with failures in a row, and up with a success', () => {
    const { attempt, health } = setUp()
    for (let failure = 0; failure < 5; failure++) attempt(failedAttempt('PROVIDER_UNAVAILABLE'))
    expect(health()).toMatchObject({ state: 'DOWN', consecutiveFailures: 5 })
    attempt()
    expect(health()).toMatchObject({ consecutiveFailures: 0, lastSuccessAt: 1_790_000_000_000 })
  })

  it('forgets after five minutes', () => {
    const { clock, attempt, health } = setUp()
    attempt()
    clock.advance(289_000)
    expect(health().successRate).toBe(1)
    clock.advance(11_000)
    expect(health()).toMatchObject({ state: 'UNKNOWN', successRate: null })
  })

  it('is not harmed by cancelled calls and rate limits', () => {
    const { attempt, health } = setUp()
    attempt(failedAttempt('CANCELLED', { status: 'CANCELLED' }))
    attempt(failedAttempt('PROVIDER_RATE_LIMITED'))
    expect(health()).toMatchObject({ state: 'UNKNOWN', consecutiveFailures: 0 })
  })

  it('says that a credential was rejected until one is taken', () => {
    const { attempt, health } = setUp()
    attempt(failedAttempt('PROVIDER_AUTH'))
    expect(health().credentialRejected).toBe(true)
    attempt()
    expect(health().credentialRejected).toBe(false)
  })

  it('is told by checks while there is no traffic', () => {
    const { attempt, check, health } = setUp()
    check()
    expect(health()).toMatchObject({ state: 'HEALTHY', checkedAt: 1_790_000_000_000 })
    check('PROVIDER_NETWORK')
    check('PROVIDER_NETWORK')
    expect(health()).toMatchObject({ state: 'DOWN', successRate: null, lastError: null })
    attempt()
    expect(health()).toMatchObject({ state: 'HEALTHY', successRate: 1 })
  })

  it('is not harmed by a check that is told to slow down', () => {
    const { check, health } = setUp()
    check('PROVIDER_RATE_LIMITED')
    expect(health()).toMatchObject({ state: 'UNKNOWN', checkedAt: null })
  })

  it('says that a credential was rejected, whoever was told so', () => {
    const { attempt, check, health } = setUp()
    check('PROVIDER_AUTH')
    expect(health().credentialRejected).toBe(true)
    check()
    expect(health().credentialRejected).toBe(false)
    attempt(failedAttempt('PROVIDER_QUOTA'))
    check()
    expect(health().credentialRejected).toBe(true)
  })

  it('learns nothing from targets that were skipped', () => {
    const { attempt, health } = setUp()
    attempt(failedAttempt('CIRCUIT_OPEN', { status: 'SKIPPED_CIRCUIT_OPEN' }))
    expect(health()).toMatchObject({ state: 'UNKNOWN', lastError: null })
  })

  it('is the word of a person before all else, and that of its circuits', () => {
    const circuit = { state: 'OPEN', openedAt: 0, retryAt: 9, openMs: 9 } as const
    const standing = { circuit, health: enabled, provenMsAgo: 0 }
    const control = { providerName: 'openai', reason: 'too dear', resetAt: null } as const
    const of = (override: HealthOverride) =>
      createHealthMonitor(new FakeClock(), {
        standings: () => [standing],
        controlOf: () => ({ ...control, override }),
      }).healthOf('openai', defaultTenantId)
    expect(of('AUTO')).toMatchObject({ state: 'DOWN', circuit, override: 'AUTO' })
    expect(of('FORCE_DISABLED')).toMatchObject({
      state: 'DISABLED',
      reason: 'Disabled by hand: too dear',
    })
  })

  it('shows a tenant the errors of its own calls only', () => {
    const { attempt, health } = setUp()
    attempt(failedAttempt('PROVIDER_TIMEOUT'))
    expect(health().lastError?.code).toBe('PROVIDER_TIMEOUT')
    expect(health('00000000-0000-7000-8000-000000000002').lastError).toBeNull()
  })
})
