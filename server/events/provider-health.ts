import type { ErrorCode } from '#domain/errors.ts'
import { type HealthState, judgeHealth, speaksFor } from '#domain/health-score.ts'
import { quantile } from '#domain/histogram.ts'
import { RateWindow } from '#domain/rate-window.ts'
import type { AttemptFailure, AttemptRecord, RequestRecord } from '#domain/request-record.ts'
import type { Clock } from '#gateway/ports.ts'

/** How a provider is, by the last five minutes of traffic. Instants are epoch milliseconds. */
export interface ProviderHealth {
  readonly state: HealthState
  readonly reason: string | null
  /** 0 (unusable) to 100. */
  readonly score: number
  /** When an attempt last told something. */
  readonly checkedAt: number | null
  /** Null without traffic. */
  readonly successRate: number | null
  readonly latencyP50Ms: number | null
  readonly latencyP95Ms: number | null
  readonly consecutiveFailures: number
  /** The last failure of the asking tenant's own calls: another's messages are none of its business. */
  readonly lastError: AttemptFailure | null
  readonly lastSuccessAt: number | null
  /** Whether the provider refused its credential last. */
  readonly credentialRejected: boolean
}

export interface HealthMonitor {
  callEnded(record: RequestRecord): void
  healthOf(providerName: string, tenantId: string): ProviderHealth
  stop(): void
}

/** Thirty slots of ten seconds are judged; sixty of a minute are what is normal. */
const slotMs = 10_000
const slots = 30
const slotsPerMinute = 6

const credentialCodes: ReadonlySet<ErrorCode> = new Set(['PROVIDER_AUTH', 'PROVIDER_QUOTA'])

class Evidence {
  readonly recent = new RateWindow(slots)
  readonly hour = new RateWindow(60)
  consecutiveFailures = 0
  checkedAt: number | null = null
  lastSuccessAt: number | null = null
  credentialRejected = false
  readonly lastErrors = new Map<string, AttemptFailure>()
}

/** Watches how providers do, by the calls that they serve. */
export function createHealthMonitor(clock: Clock): HealthMonitor {
  const providers = new Map<string, Evidence>()
  let ticks = 0
  const stop = clock.every(slotMs, () => {
    ticks++
    for (const { recent, hour } of providers.values()) {
      recent.advance()
      if (ticks % slotsPerMinute === 0) hour.advance()
    }
  })

  const learn = (attempt: AttemptRecord, tenantId: string) => {
    const evidence = providers.get(attempt.providerName) ?? new Evidence()
    providers.set(attempt.providerName, evidence)
    const { error } = attempt
    if (error && error.code !== 'CANCELLED') evidence.lastErrors.set(tenantId, error)
    const verdict = speaksFor(error?.code ?? null)
    if (verdict === 'NOTHING') return
    evidence.checkedAt = clock.epochMs()
    evidence.credentialRejected = error !== null && credentialCodes.has(error.code)
    if (verdict === 'FAILURE') {
      evidence.consecutiveFailures++
      evidence.recent.add({ requests: 1, errors: 1 })
      return
    }
    evidence.consecutiveFailures = 0
    evidence.lastSuccessAt = clock.epochMs()
    const latencyMs = error ? null : attempt.durationMs
    evidence.recent.add({ requests: 1, latencyMs })
    evidence.hour.add({ requests: 1, latencyMs })
  }

  return {
    callEnded(record) {
      for (const attempt of record.attempts) learn(attempt, record.tenantId)
    },
    healthOf(providerName, tenantId) {
      const evidence = providers.get(providerName) ?? new Evidence()
      const { requests, errors, latency } = evidence.recent.total
      const latencyP50Ms = quantile(latency, 0.5)
      const verdict = judgeHealth({
        attempts: requests,
        failures: errors,
        consecutiveFailures: evidence.consecutiveFailures,
        latencyP50Ms,
        baselineP50Ms: quantile(evidence.hour.total.latency, 0.5),
      })
      return {
        ...verdict,
        checkedAt: evidence.checkedAt,
        successRate: requests === 0 ? null : (requests - errors) / requests,
        latencyP50Ms,
        latencyP95Ms: quantile(latency, 0.95),
        consecutiveFailures: evidence.consecutiveFailures,
        lastError: evidence.lastErrors.get(tenantId) ?? null,
        lastSuccessAt: evidence.lastSuccessAt,
        credentialRejected: evidence.credentialRejected,
      }
    },
    stop,
  }
}
