import type { ErrorCode } from './errors.ts'
import { errorRules } from './errors.ts'

export type HealthState = 'HEALTHY' | 'DEGRADED' | 'DOWN' | 'UNKNOWN'

/** What real traffic told about a provider over the last minutes. */
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

/**
 * Judges a provider: 100 times its success rate, times how far its median latency is above twice its own baseline
 * (at worst a half). DOWN after five failures in a row or when most attempts fail, DEGRADED below 90.
 */
export function judgeHealth(evidence: HealthEvidence): HealthVerdict {
  const { attempts, failures, consecutiveFailures } = evidence
  if (attempts === 0)
    return { state: 'UNKNOWN', score: 100, reason: 'No traffic in the last five minutes.' }
  const slowness = slownessOf(evidence)
  const score = Math.round((100 * (attempts - failures)) / attempts / slowness)
  if (consecutiveFailures >= downInARow) {
    return {
      state: 'DOWN',
      score: Math.min(score, 10),
      reason: `${consecutiveFailures} failures in a row.`,
    }
  }
  const rate = `${failures} of ${attempts} attempts failed in five minutes.`
  if (attempts >= enoughAttempts && failures * 2 > attempts)
    return { state: 'DOWN', score, reason: rate }
  if (score >= 90) return { state: 'HEALTHY', score, reason: null }
  const slow = `It is ${(slowness * slowFactor).toFixed(1)} times as slow as over the last hour.`
  return { state: 'DEGRADED', score, reason: failures > 0 ? rate : slow }
}

/** 1 up to twice the baseline, then growing to 2. */
function slownessOf({ latencyP50Ms, baselineP50Ms }: HealthEvidence): number {
  if (latencyP50Ms === null || !baselineP50Ms) return 1
  return Math.min(2, Math.max(1, latencyP50Ms / baselineP50Ms / slowFactor))
}

/**
 * What an attempt's end says about its provider: nothing when it was cancelled or told to slow down; in favour when it
 * answered or refused the request for what it was; against otherwise.
 */
export function speaksFor(code: ErrorCode | null): 'SUCCESS' | 'FAILURE' | 'NOTHING' {
  if (code === null) return 'SUCCESS'
  if (code === 'CANCELLED' || code === 'PROVIDER_RATE_LIMITED' || code === 'OVERLOADED')
    return 'NOTHING'
  const unusable = code === 'PROVIDER_AUTH' || code === 'PROVIDER_QUOTA'
  return unusable || errorRules[code].tripsBreaker ? 'FAILURE' : 'SUCCESS'
}
