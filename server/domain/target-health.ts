import type { CircuitVerdict } from './circuit-verdict.ts'

/** What an administrator says of a target: it wins over everything that was measured. */
export type HealthOverride = 'AUTO' | 'FORCE_ENABLED' | 'FORCE_DISABLED'

/** Whether a target takes part in routing, by itself. Plain JSON, kept over a restart; instants are epoch milliseconds. */
export type TargetHealth =
  | {
      readonly state: 'ENABLED'
      /** Of the first failure since the last success; null after a success. */
      readonly failingSince: number | null
      readonly failures: number
    }
  | {
      readonly state: 'DISABLED'
      readonly since: number
      readonly failures: number
      /** In a row, of active checks or of calls that were let through all the same. */
      readonly successes: number
    }

export interface DisablingPolicy {
  /** A target that has failed for so long without one success is disabled. @default 120000 */
  readonly failingMs: number
  /** Fewer failures than that disable nothing, however long they last. @default 10 */
  readonly leastFailures: number
  /** So many successes in a row enable it again. @default 2 */
  readonly recoveries: number
}

export const defaultDisabling: DisablingPolicy = {
  failingMs: 120_000,
  leastFailures: 10,
  recoveries: 2,
}

export const enabled: TargetHealth = { state: 'ENABLED', failingSince: null, failures: 0 }

/**
 * What a target is after one more call or active check. A circuit answers within seconds and forgives by itself; this is
 * for what stays broken: a disabled target is sent nothing but active checks.
 *
 * @param at Epoch milliseconds.
 */
export function healthAfter(
  health: TargetHealth,
  { verdict, at }: { verdict: CircuitVerdict; at: number },
  policy: DisablingPolicy = defaultDisabling,
): TargetHealth {
  if (verdict === 'NOTHING') return health
  if (health.state === 'ENABLED') {
    if (verdict === 'SUCCESS') return enabled
    const failingSince = health.failingSince ?? at
    const failures = health.failures + 1
    const isBroken = failures >= policy.leastFailures && at - failingSince >= policy.failingMs
    return isBroken
      ? { state: 'DISABLED', since: at, failures, successes: 0 }
      : { state: 'ENABLED', failingSince, failures }
  }
  if (verdict === 'FAILURE') return { ...health, failures: health.failures + 1, successes: 0 }
  const successes = health.successes + 1
  return successes >= policy.recoveries ? enabled : { ...health, successes }
}

/** Whether calls may be sent to the target. */
export function isEnabled({ state }: TargetHealth, override: HealthOverride): boolean {
  return override === 'AUTO' ? state === 'ENABLED' : override === 'FORCE_ENABLED'
}
