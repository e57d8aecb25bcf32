import type { ErrorCode, GatewayError } from '#domain/errors.ts'
import { choicesOf, estimateCost, estimateUsage } from '#domain/hold.ts'
import { costOf, priceByTable } from '#domain/price.ts'
import type {
  AttemptRecord,
  AttemptStatus,
  RequestOpening,
  RequestRecord,
} from '#domain/request-record.ts'
import { totalCost, totalUsage } from '#domain/totals.ts'
import type { TokenUsage } from '#domain/usage.ts'
import type { Attempt, Call, CallRequest } from './call.ts'

/** What is known of a call when it begins. */
export function requestOpening(
  call: CallRequest,
  { epochMs, configVersion }: { epochMs: number; configVersion: number },
): RequestOpening {
  return {
    id: call.id,
    tenantId: call.viewer.tenantId,
    projectId: call.viewer.projectId,
    apiKeyId: call.viewer.apiKeyId,
    createdAt: epochMs,
    surface: call.surface,
    requestedModel: call.request.model,
    stream: call.request.stream,
    priority: call.priority,
    configVersion,
    clientIp: call.clientIp,
    endUser: call.endUser,
    sessionId: call.sessionId,
    tags: call.tags,
    metadata: call.metadata,
    traceId: call.traceId,
  }
}

/** How attempts count that failed in a way of their own. */
const statuses: Readonly<Partial<Record<ErrorCode, AttemptStatus>>> = {
  CANCELLED: 'CANCELLED',
  PROVIDER_TIMEOUT: 'TIMED_OUT',
  CIRCUIT_OPEN: 'SKIPPED_CIRCUIT_OPEN',
}
/** The same where nothing was sent. */
const unsentStatuses: Readonly<Partial<Record<ErrorCode, AttemptStatus>>> = {
  RATE_LIMITED: 'SKIPPED_RATE_LIMITED',
  PROVIDER_RATE_LIMITED: 'SKIPPED_RATE_LIMITED',
}

/** How an attempt that has ended counts. */
export function endedStatus({ error, sent }: Attempt): AttemptStatus {
  if (!error) return 'SUCCEEDED'
  return statuses[error.code] ?? (sent ? undefined : unsentStatuses[error.code]) ?? 'FAILED'
}

/** The attempt as it is stored: what it used and cost, by the provider's word or, flagged, by our own count. */
export function attemptRecord(attempt: Attempt): AttemptRecord {
  const { end, error, target } = attempt
  const reported = end?.usage
  const usage = usageOf(attempt)
  const byTable = {
    reported: end?.reportedCost,
    price: target.price,
    serviceTier: end?.serviceTier,
  }
  const counted = reported !== undefined || end?.reportedCost !== undefined
  return {
    ...attempt.opening,
    status: attempt.status,
    durationMs: (attempt.endedAt ?? attempt.calledAt) - attempt.calledAt,
    timeToFirstTokenMs: firstTokenMs(attempt, attempt.calledAt),
    error: error
      ? {
          code: error.code,
          message: error.message,
          retryable: error.retryable,
          httpStatus: error.details.upstream?.status ?? null,
        }
      : null,
    upstreamRequestId: attempt.upstreamRequestId,
    usage,
    cost: usage && (counted ? costOf(usage, byTable) : estimateCost(usage, target.price)),
    ...(end?.serviceTier !== undefined && { serviceTier: end.serviceTier }),
    ...(reported &&
      end?.reportedCost !== undefined &&
      target.price && {
        computedCost: priceByTable(reported, target.price, byTable).total,
      }),
  }
}

/** What an attempt that has ended used; null when the provider did not work for it. */
export function usageOf(attempt: Attempt): TokenUsage | null {
  return attempt.end?.usage ?? (mayBeBilled(attempt) ? estimate(attempt) : null)
}

/**
 * What all attempts that may be billed used, by the providers' word or by our own count.
 *
 * @param provider Only those at that provider. @default all
 */
export function usedTokens({ attempts }: Call, provider?: string): number {
  return attempts.reduce((sum, attempt) => {
    const isElsewhere = provider !== undefined && attempt.opening.providerName !== provider
    const usage = isElsewhere ? null : usageOf(attempt)
    return usage ? sum + usage.inputTokens + usage.outputTokens : sum
  }, 0)
}

/** A provider that refused with a status did no work; one that was sent the call and then failed may have. */
function mayBeBilled({ sent, error }: Attempt): boolean {
  return sent && error?.details.upstream === undefined
}

function estimate(attempt: Attempt): TokenUsage {
  const { call, end, opening, producedBytes } = attempt
  return estimateUsage(opening.hold, {
    producedBytes,
    complete: end !== undefined,
    unseenMs: unseenMs(attempt),
    choices: choicesOf(call.request.body),
  })
}

/** A whole answer is not seen before it is there; a model that thinks may do so until its first token. */
function unseenMs({ call, calledAt, end, endedAt = calledAt, firstTokenAt, target }: Attempt) {
  if (!call.request.stream) return end && !target.thinks ? 0 : endedAt - calledAt
  return target.thinks ? (firstTokenAt ?? endedAt) - calledAt : 0
}

/** The whole call as it is stored, shown and counted. */
export function requestRecord(
  call: Call,
  { error, now, epochMs }: { error: GatewayError | undefined; now: number; epochMs: number },
): RequestRecord {
  const attempts = call.attempts.map(attemptRecord)
  const last = lastTried(call.attempts)
  const latencyMs = now - call.startedAt
  const waited = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0)
  return {
    ...call.opening,
    status: statusOf(error, attempts.length),
    finishedAt: epochMs,
    providerName: last?.target.adapter.config.name ?? null,
    servedModel: last ? (last.end?.servedModel ?? last.target.model) : null,
    simulated: last?.target.simulated ?? call.targets[0]?.simulated ?? false,
    finishReason: last?.end?.finishReason ?? null,
    latencyMs,
    timeToFirstTokenMs: last ? firstTokenMs(last, call.startedAt) : null,
    queuedMs: call.queuedMs,
    overheadMs: Math.max(0, latencyMs - waited - call.queuedMs - call.pausedMs),
    usage: totalUsage(attempts.map(({ usage }) => usage)),
    cost: totalCost(attempts.map(({ cost }) => cost)),
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    httpStatus: error ? error.status : last ? 200 : null,
    ...(error?.details.allowance && { refusedBy: error.details.allowance.allowance.id }),
    attempts,
  }
}

/** The one that says who served the call: what was skipped did not. */
function lastTried(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.findLast(({ status }) => !status.startsWith('SKIPPED')) ?? attempts.at(-1)
}

/** A whole answer has none: it comes at once. */
function firstTokenMs({ call, firstTokenAt }: Attempt, since: number): number | null {
  return firstTokenAt === undefined || !call.request.stream ? null : firstTokenAt - since
}

function statusOf(error: GatewayError | undefined, attempts: number): RequestRecord['status'] {
  if (!error) return 'SUCCEEDED'
  if (error.code === 'CANCELLED') return 'CANCELLED'
  return attempts === 0 ? 'REFUSED' : 'FAILED'
}
