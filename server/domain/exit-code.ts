import type { ErrorCode } from './errors.ts'

/** How a command of the CLI ends: 0 is success. */
export type ExitCode = 0 | 1 | 2

/**
 * How a command ends that the server refused or failed:
 *
 * - 1: it failed, or a limit, a provider or the server stood in the way; the same command may succeed later.
 * - 2: the command, its settings or its key are wrong; it fails again until they are changed.
 */
export function exitCodeOf(code: ErrorCode): Exclude<ExitCode, 0> {
  switch (code) {
    case 'INVALID_REQUEST':
    case 'NOT_FOUND':
    case 'CONFLICT':
    case 'IDEMPOTENCY_CONFLICT':
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
    case 'UNPRICED_MODEL':
    case 'MODEL_NOT_FOUND':
    case 'CONTEXT_LENGTH_EXCEEDED':
    case 'CONTENT_BLOCKED':
    case 'PROVIDER_REJECTED':
    case 'CONFIG_INVALID':
      return 2
    case 'BUDGET_EXCEEDED':
    case 'BUDGET_BUSY':
    case 'QUOTA_EXCEEDED':
    case 'RATE_LIMITED':
    case 'QUEUE_FULL':
    case 'OVERLOADED':
    case 'PROVIDER_AUTH':
    case 'PROVIDER_RATE_LIMITED':
    case 'PROVIDER_QUOTA':
    case 'PROVIDER_UNAVAILABLE':
    case 'PROVIDER_TIMEOUT':
    case 'PROVIDER_PROTOCOL':
    case 'PROVIDER_NETWORK':
    case 'CIRCUIT_OPEN':
    case 'NO_HEALTHY_PROVIDER':
    case 'CANCELLED':
    case 'INTERNAL':
      return 1
  }
}
