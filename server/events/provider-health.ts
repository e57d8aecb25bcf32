import type { ErrorCode } from '#domain/errors.ts'
import type { CircuitSnapshot } from '#domain/circuit-snapshot.ts'
import { decidedHealth, type HealthState, judgeHealth, speaksFor } from '#domain/health-score.ts'
import { quantile } from '#domain/histogram.ts'
import type { ProviderCheck } from '#domain/provider-check.ts'
import { worstCircuit } from '#domain/provider-circuit.ts'
import type { ProviderControl } from '#domain/provider-control.ts'
import { RateWindow } from '#domain/rate-window.ts'
import type { AttemptFailure, AttemptRecord, RequestRecord } from '#domain/request-record.ts'
import type { HealthOverride } from '#domain/target-health.ts'
import { summaryOf, type TargetStanding } from '#domain/target-standing.ts'
import type { Clock } from '#gateway/ports.ts'

/** How a provider is, by the last five minutes of traffic, checks, and what people decided. Instants are epoch milliseconds. */
export interface ProviderHealth {
  readonly state: HealthState
  readonly reason: string | null
  /** 0 (unusable) to 100. */
  readonly score: number
  /** When an attempt or a check last told something. */
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
  readonly override: HealthOverride
  /** The worst of its targets'. */
  readonly circuit: CircuitSnapshot
}

export interface HealthMonitor {
  callEnded(record: RequestRecord): void
  checked(check: ProviderCheck): void
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
  /** Who was refused last with the credential that the gateway has. */
  rejected: 'CALL' | 'CHECK' | null = null
  check: { code: ErrorCode | null; failures: number } | null = null
  readonly lastErrors = new Map<string, AttemptFailure>()
}

/** What is known of a provider besides what calls and checks have told. */
export interface HealthFacts {
  readonly standings: (providerName: string) => readonly TargetStanding[]
  readonly controlOf: (providerName: string) => ProviderControl | undefined
}

const noFacts: HealthFacts = { standings: () => [], controlOf: () => undefined }

/** Watches how providers do, by the calls that they serve and the checks of those that serve none. */
export function createHealthMonitor(
  clock: Clock,
  { standings, controlOf }: HealthFacts = noFacts,
): HealthMonitor {
  const providers = new Map<string, Evidence>()
  let ticks = 0
  const stop = clock.every(slotMs, () => {
    ticks++
    for (const { recent, hour } of providers.values()) {
      recent.advance()
      if (ticks % slotsPerMinute === 0) hour.advance()
    }
  })

  const evidenceOf = (providerName: string): Evidence => {
    const evidence = providers.get(providerName) ?? new Evidence()
    providers.set(providerName, evidence)
    return evidence
  }

  const learn = (attempt: AttemptRecord, tenantId: string) => {
    if (attempt.status.startsWith('SKIPPED')) return
    const evidence = evidenceOf(attempt.providerName)
    const { error } = attempt
    if (error && error.code !== 'CANCELLED') evidence.lastErrors.set(tenantId, error)
    const verdict = speaksFor(error?.code ?? null)
    if (verdict === 'NOTHING') return
    evidence.checkedAt = clock.epochMs()
    evidence.rejected = error !== null && credentialCodes.has(error.code) ? 'CALL' : null
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
    checked({ providerName, code, at }) {
      const verdict = speaksFor(code)
      if (verdict === 'NOTHING') return
      const evidence = evidenceOf(providerName)
      evidence.checkedAt = Math.max(evidence.checkedAt ?? 0, at)
      const failures = verdict === 'FAILURE' ? (evidence.check?.failures ?? 0) + 1 : 0
      evidence.check = { code: verdict === 'FAILURE' ? code : null, failures }
      if (code !== null && credentialCodes.has(code)) evidence.rejected = 'CHECK'
      else if (evidence.rejected === 'CHECK') evidence.rejected = null
    },
    healthOf(providerName, tenantId) {
      const evidence = providers.get(providerName) ?? new Evidence()
      const { requests, errors, latency } = evidence.recent.total
      const latencyP50Ms = quantile(latency, 0.5)
      const targets = standings(providerName)
      const { circuits, isDisabled } = summaryOf(targets)
      const { override = 'AUTO', reason: note = null } = controlOf(providerName) ?? {}
      const measured = judgeHealth({
        attempts: requests,
        failures: errors,
        consecutiveFailures: evidence.consecutiveFailures,
        latencyP50Ms,
        baselineP50Ms: quantile(evidence.hour.total.latency, 0.5),
        circuits,
        check: evidence.check,
      })
      return {
        ...decidedHealth(measured, { override, note, isDisabled }),
        override,
        circuit: worstCircuit(targets.flatMap(({ circuit }) => circuit ?? [])),
        checkedAt: evidence.checkedAt,
        successRate: requests === 0 ? null : (requests - errors) / requests,
        latencyP50Ms,
        latencyP95Ms: quantile(latency, 0.95),
        consecutiveFailures: evidence.consecutiveFailures,
        lastError: evidence.lastErrors.get(tenantId) ?? null,
        lastSuccessAt: evidence.lastSuccessAt,
        credentialRejected: evidence.rejected !== null,
      }
    },
    stop,
  }
}
