import { countedModel, longestName, moves } from '#domain/counting.ts'
import { errorFingerprint } from '#domain/error-fingerprint.ts'
import type { Cost } from '#domain/price.ts'
import type {
  AttemptOpening,
  AttemptRecord,
  RequestOpening,
  RequestRecord,
} from '#domain/request-record.ts'
import type { TokenUsage } from '#domain/usage.ts'
import { rowJson } from './row-json.ts'

/** What is to be written of a call, as JSON text: what the statement takes is also what the spool keeps. */
export interface RecordRow {
  readonly kind: 'begin' | 'end'
  /** One JSON object of the columns of record-columns.ts; null columns are left out. */
  readonly call: string
  /** JSON objects of the call's attempts, joined by commas; empty for `begin`, which carries its one attempt itself. */
  readonly attempts: string
}

const largestInt = 2 ** 31 - 1
const longestText = 2000

const unseen = { lost: true, latency_ms: undefined, queued_ms: undefined, overhead_ms: undefined }

/** The row of a call that begins, or begins another attempt. */
export function beginRow(
  request: RequestOpening,
  attempt: AttemptOpening,
  replicaId: string,
): RecordRow {
  const call = { ...requestOpening(request, replicaId), ...attemptOpening(attempt) }
  return {
    kind: 'begin',
    call: rowJson({ ...call, model: attempt.model.slice(0, longestName) }),
    attempts: '',
  }
}

/**
 * The rows of a call that has ended.
 *
 * @param lost Nobody saw its end: its durations are unknown, and it may be corrected.
 */
export function endRow(record: RequestRecord, replicaId: string, { lost = false } = {}): RecordRow {
  const { tenantId, id } = record
  const end = lost ? { ...requestEnd(record), ...unseen } : requestEnd(record)
  const attempts = record.attempts.map((attempt) =>
    rowJson({
      tenant_id: tenantId,
      request_id: id,
      ...attemptOpening(attempt),
      ...attemptEnd(attempt),
    }),
  )
  return {
    kind: 'end',
    call: rowJson({ ...requestOpening(record, replicaId), ...end }),
    attempts: attempts.join(','),
  }
}

function requestOpening(request: RequestOpening, replicaId: string) {
  return {
    tenant_id: request.tenantId,
    id: request.id,
    replica_id: replicaId,
    created_at: request.createdAt,
    surface: request.surface,
    requested_model: cut(request.requestedModel),
    api_key_id: request.apiKeyId ?? undefined,
    client_ip: cut(request.clientIp),
    end_user: cut(request.endUser),
    session_id: cut(request.sessionId),
    tags: request.tags.length > 0 ? request.tags : undefined,
    metadata: request.metadata ?? undefined,
    trace_id: cut(request.traceId),
    stream: request.stream,
    priority: request.priority,
    config_version: request.configVersion,
  }
}

function requestEnd(record: RequestRecord) {
  const { retries, fellBack } = moves(record.attempts)
  const model = countedModel(record)
  return {
    status: record.status,
    finished_at: record.finishedAt,
    served_model: cut(record.servedModel),
    model,
    provider_name: record.providerName ?? undefined,
    simulated: record.simulated,
    finish_reason: record.finishReason ?? undefined,
    latency_ms: record.latencyMs,
    time_to_first_token_ms: record.timeToFirstTokenMs ?? undefined,
    queued_ms: record.queuedMs,
    overhead_ms: record.overheadMs,
    ...usageColumns(record.usage),
    ...costColumns(record.cost),
    error_code: record.errorCode ?? undefined,
    error_message: cut(record.errorMessage),
    error_fingerprint:
      record.errorCode === null
        ? undefined
        : errorFingerprint({
            provider: record.providerName,
            model,
            code: record.errorCode,
            message: record.errorMessage ?? '',
          }),
    http_status: record.httpStatus ?? undefined,
    attempt_count: record.attempts.length,
    retry_count: retries,
    fell_back: fellBack,
  }
}

function attemptOpening({
  index,
  providerName,
  model,
  simulated,
  startedAt,
  hold,
}: AttemptOpening) {
  return {
    index,
    provider_name: providerName,
    model: cut(model),
    simulated,
    started_at: startedAt,
    hold_input_tokens: int(hold.inputTokens),
    hold_output_tokens: int(hold.outputTokens),
    hold_cost: ticks(hold.cost),
    hold_price_version: hold.priceVersion ?? undefined,
  }
}

function attemptEnd({
  status,
  durationMs,
  timeToFirstTokenMs,
  error,
  upstreamRequestId,
  usage,
  cost,
  ...opening
}: AttemptRecord) {
  return {
    status,
    duration_ms: durationMs,
    time_to_first_token_ms: timeToFirstTokenMs ?? undefined,
    error_code: error?.code,
    error_message: cut(error?.message),
    error_retryable: error?.retryable,
    error_http_status: error?.httpStatus ?? undefined,
    error_fingerprint: error
      ? errorFingerprint({
          provider: opening.providerName,
          model: opening.model,
          code: error.code,
          message: error.message,
        })
      : undefined,
    upstream_request_id: cut(upstreamRequestId),
    ...usageColumns(usage),
    ...costColumns(cost),
  }
}

function usageColumns(usage: TokenUsage | null) {
  if (!usage) return undefined
  return {
    input_tokens: int(usage.inputTokens),
    cache_read_tokens: int(usage.cacheReadInputTokens),
    cache_write_tokens: int(usage.cacheWriteInputTokens),
    output_tokens: int(usage.outputTokens),
    reasoning_tokens: int(usage.reasoningOutputTokens),
    usage_source: usage.source,
  }
}

function costColumns(cost: Cost | null) {
  if (!cost) return undefined
  return {
    cost_total: ticks(cost.total),
    cost_input: ticks(cost.input),
    cost_output: ticks(cost.output),
    cost_cache_read: ticks(cost.cacheRead),
    cost_cache_write: ticks(cost.cacheWrite),
    cost_other: ticks(cost.other),
    cost_source: cost.source,
    price_version: cost.priceVersion ?? undefined,
  }
}

const int = (value: number): number => Math.min(Math.max(0, Math.round(value)), largestInt)
/** A string: exact at any size, and Postgres casts it. */
const ticks = (value: bigint | null): string | undefined => value?.toString()
const cut = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text.length <= longestText
    ? (text ?? undefined)
    : text.slice(0, longestText)

/** Tells calls apart: rows of one call have the same key. */
export const callKey = ({ call }: RecordRow): string => call.slice(0, call.indexOf(',"replica_id"'))
