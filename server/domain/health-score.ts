import { type CircuitVerdict, circuitVerdict } from './circuit-verdict.ts'
import type { ErrorCode } from './errors.ts'
import type { CircuitCounts } from './provider-circuit.ts'
import type { HealthOverride } from './target-health.ts'

export type HealthState = 'HEALTHY' | 'DEGRADED' | 'DOWN' | 'UNKNOWN' | 'DISABLED'

/** What real traffic told about a provider over the last minutes, and checks where there was none. */
export interface HealthEvidence {
  /** Attempts that spoke for or against the provider. */
  readonly attempts: number
  readonly failures: number
  /** Failures since the last success. */
  readonly consecutiveFailures: number
  /** Null without a success. */
  readonly latencyP50Ms: number | null
  /** The provider's own median over a longer time; null while unknown. */
  readonly baselineP50Ms: number | null
  /** Of its targets in use. */
  readonly circuits: CircuitCounts
  /** How its last active check ended, with how many failed in a row; null where none told anything. */
  readonly check: { readonly code: ErrorCode | null; readonly failures: number } | null
}

export interface HealthVerdict {
  readonly state: HealthState
  /** 0 (unusable) to 100. */
  readonly score: number
  /** For people; null when there is nothing to say. */
  readonly reason: string | null
}

/** So many failures in a row mean that a provider is down. */
const downInARow = 5
/** Fewer attempts than this tell nothing by their ratio. */
const enoughAttempts = 5
/** From this multiple of its own median on, a provider counts as slow. */
const slowFactor = 2

/** So many checks in a row have to fail before a provider without traffic counts as down. */
const downByChecks = 2

/**
 * Judges a provider: 100 times its success rate, times how far its median latency is above twice its own baseline
 * (at worst a half), times the part of its circuits that are closed (one that is half open counts half). DOWN after five
 * failures in a row, when most attempts fail or all circuits are open; DEGRADED below 90. Checks count while there is no
 * traffic.
 */
export function judgeHealth(evidence: HealthEvidence): HealthVerdict {
  const { attempts, failures, consecutiveFailures, circuits } = evidence
  const { total, open, halfOpen } = circuits
  if (attempts === 0 && open + halfOpen === 0) return judgeIdle(evidence)
  const slowness = slownessOf(evidence)
  const closed = total === 0 ? 1 : 1 - (open + halfOpen / 2) / total
  const succeeded = attempts === 0 ? 1 : (attempts - failures) / attempts
  const score = Math.round((100 * succeeded * closed) / slowness)
  if (attempts > 0 && consecutiveFailures >= downInARow) {
    return {
      state: 'DOWN',
      score: Math.min(score, 10),
      reason: `${consecutiveFailures} failures in a row.`,
    }
  }
  const rate = `${failures} of ${attempts} attempts failed in five minutes.`
  if (attempts >= enoughAttempts && failures * 2 > attempts)
    return { state: 'DOWN', score, reason: rate }
  const broken = `${open + halfOpen} of ${total} circuits are not closed.`
  if (open > 0 && open === total)
    return { state: 'DOWN', score, reason: 'All of its circuits are open.' }
  if (score >= 90) return { state: 'HEALTHY', score, reason: null }
  const slow = `It is ${(slowness * slowFactor).toFixed(1)} times as slow as over the last hour.`
  return { state: 'DEGRADED', score, reason: failures > 0 ? rate : closed < 1 ? broken : slow }
}

/** Without traffic there is only what the last check said. */
function judgeIdle({ check }: HealthEvidence): HealthVerdict {
  const noTraffic = 'No traffic in the last five minutes'
  if (check === null) return { state: 'UNKNOWN', score: 100, reason: `${noTraffic}.` }
  if (check.code === null)
    return { state: 'HEALTHY', score: 100, reason: `${noTraffic}; it answered the last check.` }
  const reason = `${noTraffic}; the last check failed: ${check.code}.`
  return check.failures >= downByChecks
    ? { state: 'DOWN', score: 0, reason }
    : { state: 'DEGRADED', score: 50, reason }
}

/**
 * A provider's health with what goes before all that was measured: the word of a person, then the rule that disables
 * targets.
 *
 * @param said.note Why a person has decided so.
 * @param said.isDisabled Whether all of its known targets were disabled by themselves.
 */
export function decidedHealth(
  measured: HealthVerdict,
  said: { override: HealthOverride; note: string | null; isDisabled: boolean },
): HealthVerdict {
  const { override, note, isDisabled } = said
  const by = (what: string) => (note ? `${what} by hand: ${note}` : `${what} by hand.`)
  if (override === 'FORCE_DISABLED') return { state: 'DISABLED', score: 0, reason: by('Disabled') }
  if (override === 'FORCE_ENABLED') {
    const reasons = [by('Enabled'), measured.reason].filter((reason) => reason !== null)
    return { ...measured, reason: reasons.join(' ') }
  }
  if (!isDisabled) return measured
  const reason = 'It kept failing, and is disabled until it passes its checks.'
  return { state: 'DISABLED', score: 0, reason }
}

/** 1 up to twice the baseline, then growing to 2. */
function slownessOf({ latencyP50Ms, baselineP50Ms }: HealthEvidence): number {
  if (latencyP50Ms === null || !baselineP50Ms) return 1
  return Math.min(2, Math.max(1, latencyP50Ms / baselineP50Ms / slowFactor))
}

/**
 * What an attempt's end says about its provider: as for a circuit, and against it where it refuses the gateway's
 * credential.
 */
export function speaksFor(code: ErrorCode | null): CircuitVerdict {
  const isUnusable = code === 'PROVIDER_AUTH' || code === 'PROVIDER_QUOTA'
  return isUnusable ? 'FAILURE' : circuitVerdict(code)
}
