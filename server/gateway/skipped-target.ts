import type { JudgedTarget } from '#domain/eligible-targets.ts'
import { exclusionError, type FailedTarget } from '#domain/failed-targets.ts'
import type { AttemptStatus } from '#domain/request-record.ts'
import type { ExclusionCode } from '#domain/target-exclusion.ts'
import type { Attempts } from './attempts.ts'
import type { Call, Target } from './call.ts'

/** How an attempt counts that was not made; what the caller did not want is no attempt. */
const statuses: Readonly<Partial<Record<ExclusionCode, AttemptStatus>>> = {
  DISABLED: 'SKIPPED_CIRCUIT_OPEN',
  CIRCUIT_OPEN: 'SKIPPED_CIRCUIT_OPEN',
  COOLING_DOWN: 'SKIPPED_RATE_LIMITED',
  MISSING_CAPABILITY: 'SKIPPED_INCAPABLE',
  CONTEXT_TOO_SMALL: 'SKIPPED_INCAPABLE',
}

/** Passes over a target that is left out, and writes down why. Undefined: it is not left out. */
export function skipTarget(
  call: Call,
  { target, exclusion }: JudgedTarget<Target>,
  attempts: Attempts,
): FailedTarget | undefined {
  if (!exclusion) return undefined
  const { name: provider } = target.adapter.config
  const error = exclusionError({ provider, model: target.model }, exclusion)
  const status = statuses[exclusion.code]
  if (status) {
    const attempt = attempts.open(call, target)
    attempts.end(attempt, error)
    attempt.status = status
  }
  return { error, wasSkipped: true }
}
