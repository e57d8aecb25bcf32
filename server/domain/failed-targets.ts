import { type ErrorCode, GatewayError } from './errors.ts'
import type { Exclusion, ExclusionCode } from './target-exclusion.ts'

/** A target that did not serve the call. */
export interface FailedTarget {
  /** Its message says which target that is. */
  readonly error: GatewayError
  /** Whether it was not even asked. */
  readonly wasSkipped: boolean
}

const codes: Readonly<Record<ExclusionCode, ErrorCode>> = {
  NOT_ALLOWED: 'FORBIDDEN',
  DENIED: 'INVALID_REQUEST',
  TOO_EXPENSIVE: 'INVALID_REQUEST',
  UNPRICED: 'UNPRICED_MODEL',
  DISABLED: 'CIRCUIT_OPEN',
  COOLING_DOWN: 'PROVIDER_RATE_LIMITED',
  MISSING_CAPABILITY: 'PROVIDER_REJECTED',
  CONTEXT_TOO_SMALL: 'CONTEXT_LENGTH_EXCEEDED',
  CIRCUIT_OPEN: 'CIRCUIT_OPEN',
}

/** What it means for a call that a target is left out. */
export function exclusionError(
  { provider, model }: { provider: string; model: string },
  { code, reason, retryAfterMs }: Exclusion,
): GatewayError {
  return new GatewayError(codes[code], `${provider}:${model} was not asked. ${reason}`, {
    provider,
    model,
    ...(retryAfterMs !== undefined && { retryAfterMs: Math.ceil(retryAfterMs) }),
  })
}

/**
 * The failure of a call that no target served. One target's is passed on as it is; of several it says of each why, has
 * the code on which they agree (else that of the last one that was asked, else NO_HEALTHY_PROVIDER), and the shortest wait.
 *
 * @param asked As the caller names the model.
 */
export function failureOfAll(asked: string, failed: readonly FailedTarget[]): GatewayError {
  const [first] = failed
  if (!first)
    return new GatewayError(
      'NO_HEALTHY_PROVIDER',
      `No provider serves ${asked}; GET /v1/models lists what there is.`,
    )
  if (failed.length === 1) return first.error
  const last = failed.findLast(({ wasSkipped }) => !wasSkipped)?.error
  const agreed = failed.every(({ error }) => error.code === first.error.code)
  const code = agreed ? first.error.code : (last?.code ?? 'NO_HEALTHY_PROVIDER')
  const waits = failed.flatMap(({ error }) => error.details.retryAfterMs ?? [])
  const reasons = failed.map(({ error }) => error.message).join(' ')
  return new GatewayError(
    code,
    `None of the ${failed.length} targets of ${asked} answered. ${reasons}`,
    {
      ...(last?.details.provider !== undefined && { provider: last.details.provider }),
      ...(last?.details.model !== undefined && { model: last.details.model }),
      ...(waits.length > 0 && { retryAfterMs: Math.min(...waits) }),
      ...(last && { cause: last }),
    },
  )
}
