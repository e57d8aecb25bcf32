import type { Request } from '#generated/prisma/client.ts'
import type { FinishReason } from '#domain/chat.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { Cost, CostSource } from '#domain/price.ts'
import type { ApiSurface, Priority, RequestRecord, RequestStatus } from '#domain/request-record.ts'
import type { TokenUsage, UsageSource } from '#domain/usage.ts'
import { type AttemptView, attemptView } from './attempt-view.ts'

/** A call as GraphQL shows it, from a row or from a call that has just ended. Instants are epoch milliseconds. */
export interface RequestView {
  readonly id: string
  readonly tenantId: string
  readonly traceId: string | null
  readonly createdAt: number
  readonly finishedAt: number | null
  readonly status: RequestStatus
  readonly surface: ApiSurface
  readonly requestedModel: string
  readonly servedModel: string | null
  readonly providerName: string | null
  readonly simulated: boolean
  readonly apiKeyId: string | null
  readonly endUser: string | null
  readonly sessionId: string | null
  readonly clientIp: string | null
  readonly tags: readonly string[]
  readonly metadata: unknown
  readonly stream: boolean
  readonly priority: Priority
  readonly finishReason: FinishReason | null
  readonly latencyMs: number | null
  readonly timeToFirstTokenMs: number | null
  readonly queuedMs: number | null
  readonly overheadMs: number | null
  readonly usage: TokenUsage | null
  readonly cost: Cost | null
  readonly errorCode: ErrorCode | null
  readonly errorMessage: string | null
  readonly httpStatus: number | null
  readonly configVersion: number
  /** Absent where they have to be read first. */
  readonly attempts?: readonly AttemptView[]
}

export function requestView(record: RequestRecord): RequestView {
  return { ...record, attempts: record.attempts.map(attemptView) }
}

export function requestRowView(row: Request): RequestView {
  return {
    ...row,
    createdAt: row.createdAt.getTime(),
    finishedAt: row.finishedAt?.getTime() ?? null,
    status: row.status as RequestStatus,
    surface: row.surface as ApiSurface,
    priority: row.priority as Priority,
    finishReason: row.finishReason as FinishReason | null,
    errorCode: row.errorCode as ErrorCode | null,
    usage: usageOf(row),
    cost: costOf(row),
  }
}

function usageOf(row: Request): TokenUsage | null {
  const { inputTokens, outputTokens, usageSource } = row
  if (inputTokens === null || outputTokens === null || usageSource === null) return null
  return {
    inputTokens,
    cacheReadInputTokens: row.cacheReadTokens ?? 0,
    cacheWriteInputTokens: row.cacheWriteTokens ?? 0,
    outputTokens,
    reasoningOutputTokens: row.reasoningTokens ?? 0,
    source: usageSource as UsageSource,
  }
}

function costOf(row: Request): Cost | null {
  if (row.costSource === null) return null
  return {
    total: row.costTotal,
    input: row.costInput,
    output: row.costOutput,
    cacheRead: row.costCacheRead,
    cacheWrite: row.costCacheWrite,
    other: row.costOther,
    source: row.costSource as CostSource,
    priceVersion: row.priceVersion,
  }
}
