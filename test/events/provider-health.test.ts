import { describe, expect, it } from 'vitest'
import { createHealthMonitor } from '#events/provider-health.ts'
import { defaultTenantId } from '#domain/access.ts'
import { FakeClock } from '../support/fake-gateway.ts'
import { attemptOf, failedAttempt, recordOf } from '../support/request-record.ts'

function setUp() {
  const clock = new FakeClock()
  const monitor = createHealthMonitor(clock)
  const attempt = (one = attemptOf()) => monitor.callEnded(recordOf({ attempts: [one] }))
  const health = (tenantId = defaultTenantId) => monitor.healthOf('openai', tenantId)
  return { clock, monitor, attempt, health }
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

  it('shows a tenant the errors of its own calls only', () => {
    const { attempt, health } = setUp()
    attempt(failedAttempt('PROVIDER_TIMEOUT'))
    expect(health().lastError?.code).toBe('PROVIDER_TIMEOUT')
    expect(health('00000000-0000-7000-8000-000000000002').lastError).toBeNull()
  })
})
