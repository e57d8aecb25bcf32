import type { Attempt } from '#generated/prisma/client.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { Ticks } from '#domain/money.ts'
import type { AttemptFailure, AttemptRecord, AttemptStatus } from '#domain/request-record.ts'

/** One upstream try as GraphQL shows it, from a row or from a call that has just ended. */
export interface AttemptView {
  readonly index: number
  readonly providerName: string
  readonly model: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Null while it is under way. */
  readonly durationMs: number | null
  readonly timeToFirstTokenMs: number | null
  readonly status: AttemptStatus
  readonly error: AttemptFailure | null
  readonly upstreamRequestId: string | null
  readonly cost: Ticks | null
}

export function attemptView(record: AttemptRecord): AttemptView {
  return { ...record, cost: record.cost?.total ?? null }
}

export function attemptRowView(row: Attempt): AttemptView {
  return {
    index: row.index,
    providerName: row.providerName,
    model: row.model,
    startedAt: row.startedAt.getTime(),
    durationMs: row.durationMs,
    timeToFirstTokenMs: row.timeToFirstTokenMs,
    status: row.status as AttemptStatus,
    error: row.errorCode === null ? null : failureOf(row, row.errorCode as ErrorCode),
    upstreamRequestId: row.upstreamRequestId,
    cost: row.costTotal,
  }
}

function failureOf(
  { errorMessage, errorRetryable, errorHttpStatus }: Attempt,
  code: ErrorCode,
): AttemptFailure {
  return {
    code,
    message: errorMessage ?? '',
    retryable: errorRetryable ?? false,
    httpStatus: errorHttpStatus,
  }
}
