import type { Allowance } from '#domain/allowance.ts'
import type { Cancellation } from '#domain/cancellation.ts'
import { countedModel, longestName, moves } from '#domain/counting.ts'
import { attemptFingerprint, errorFingerprint } from '#domain/error-fingerprint.ts'
import type { Cost } from '#domain/price.ts'
import type {
  AttemptFailure,
  AttemptOpening,
  AttemptRecord,
  HeldWindow,
  RequestOpening,
  RequestRecord,
} from '#domain/request-record.ts'
import type { Demand } from '#domain/reservation.ts'
import type { TokenUsage } from '#domain/usage.ts'
import { cut, member, textJson, valueJson } from './row-json.ts'
import { heldWindows, usedWindows, windowIds } from './row-windows.ts'

/**
 * What is to be written of a call, as JSON text: what the statement takes is also what the spool keeps. It is put
 * together by hand, because this runs twice for every call, and objects of sixty members are dear.
 */
export interface RecordRow {
  readonly kind: 'begin' | 'end'
  /**
   * One JSON object of the columns of record-columns.ts; null columns are left out. Empty where something has to be
   * reserved first.
   */
  readonly call: string
  /** JSON objects of the call's attempts, joined by commas; empty for `begin`, which carries its one attempt itself. */
  readonly attempts: string
  /** Windows of allowances that writing it changes. */
  readonly windows: readonly string[]
  /** Absent: nothing has to be set aside before it is written. */
  readonly reserving?: Reserving
  /** JSON objects of earlier attempts of the call whose holds are given back, joined by commas. Absent: none. */
  readonly freed?: string
}

/** What has to be set aside before a row may be written. */
export interface Reserving {
  readonly allowances: readonly Allowance[]
  readonly demand: Demand
  /** What is given back before that is set aside. */
  readonly free: readonly HeldWindow[]
  /** Ends the wait for a remainder that others hold. */
  readonly cancellation: Cancellation
  /** The row to write instead, when that was granted. */
  granted(grant: Grant): RecordRow
}

/** What was set aside. */
export interface Grant {
  /** What the call may produce. */
  readonly outputTokens: number
  readonly windows: readonly HeldWindow[]
}

const largestInt = 2 ** 31 - 1

/** The row of a call that begins, or begins another attempt. */
export function beginRow(
  request: RequestOpening,
  attempt: AttemptOpening,
  replicaId: string,
): RecordRow {
  const model = attempt.model.slice(0, longestName)
  return {
    kind: 'begin',
    call: `{${requestOpening(request, replicaId)}${attemptOpening(attempt, model)}}`,
    attempts: '',
    windows: windowIds([attempt]),
  }
}

/**
 * The rows of a call that has ended.
 *
 * @param lost Nobody saw its end: its durations are unknown, and it may be corrected.
 */
export function endRow(record: RequestRecord, replicaId: string, { lost = false } = {}): RecordRow {
  const total = usageAndCost(record)
  let attempts = ''
  for (const attempt of record.attempts) {
    const key = `"tenant_id":${textJson(record.tenantId)},"request_id":${textJson(record.id)}`
    // The total of a lone attempt is that attempt's own.
    const own = attempt.usage === record.usage && attempt.cost === record.cost
    const used = own ? total : usageAndCost(attempt)
    const row = `{${key}${attemptOpening(attempt, cut(attempt.model))}${attemptEnd(attempt, used)}}`
    attempts = attempts === '' ? row : `${attempts},${row}`
  }
  return {
    kind: 'end',
    call: `{${requestOpening(record, replicaId)}${requestEnd(record, lost)}${total}}`,
    attempts,
    windows: windowIds(record.attempts),
  }
}

function requestOpening(request: RequestOpening, replicaId: string): string {
  const { metadata, tags } = request
  const json = metadata === null ? undefined : valueJson(metadata)
  return (
    `"tenant_id":${textJson(request.tenantId)},"id":${textJson(request.id)}` +
    `,"replica_id":"${replicaId}","created_at":${request.createdAt}` +
    `,"surface":"${request.surface}","stream":${request.stream},"priority":"${request.priority}"` +
    `,"config_version":${request.configVersion}` +
    member('requested_model', cut(request.requestedModel)) +
    member('project_id', request.projectId) +
    member('api_key_id', request.apiKeyId) +
    member('client_ip', cut(request.clientIp)) +
    member('end_user', cut(request.endUser)) +
    member('session_id', cut(request.sessionId)) +
    member('trace_id', cut(request.traceId)) +
    (tags.length > 0 ? `,"tags":${valueJson(tags)}` : '') +
    (json === undefined ? '' : `,"metadata":${json}`)
  )
}

function requestEnd(record: RequestRecord, lost: boolean): string {
  const { retries, fellBack } = moves(record.attempts)
  const model = countedModel(record)
  return (
    `,"status":"${record.status}","finished_at":${record.finishedAt}` +
    `,"simulated":${record.simulated},"attempt_count":${record.attempts.length}` +
    `,"retry_count":${retries},"fell_back":${fellBack}` +
    (lost ? ',"lost":true' : durations(record)) +
    member('served_model', cut(record.servedModel)) +
    member('model', model) +
    member('provider_name', record.providerName) +
    member('finish_reason', record.finishReason) +
    member('time_to_first_token_ms', record.timeToFirstTokenMs) +
    member('http_status', record.httpStatus) +
    (record.errorCode === null ? '' : requestError(record, model))
  )
}

const durations = ({ latencyMs, queuedMs, overheadMs }: RequestRecord): string =>
  `,"latency_ms":${latencyMs},"queued_ms":${queuedMs},"overhead_ms":${overheadMs}`

function requestError(record: RequestRecord, model: string): string {
  const { errorCode: code, errorMessage, providerName: provider } = record
  if (code === null) return ''
  const fingerprint = errorFingerprint({ provider, model, code, message: errorMessage ?? '' })
  return (
    member('error_code', code) +
    member('error_message', cut(errorMessage)) +
    member('refused_by', record.refusedBy) +
    member('error_fingerprint', fingerprint)
  )
}

function attemptOpening(attempt: AttemptOpening, model: string | undefined): string {
  const { hold } = attempt
  return (
    `,"index":${attempt.index},"simulated":${attempt.simulated},"started_at":${attempt.startedAt}` +
    `,"hold_input_tokens":${int(hold.inputTokens)},"hold_output_tokens":${int(hold.outputTokens)}` +
    member('provider_name', attempt.providerName) +
    member('model', model) +
    member('hold_cost', hold.cost) +
    member('hold_price_version', hold.priceVersion) +
    (attempt.windows ? heldWindows(attempt.windows) : '')
  )
}

function attemptEnd(attempt: AttemptRecord, used: string): string {
  return (
    `,"status":"${attempt.status}","duration_ms":${attempt.durationMs}` +
    member('time_to_first_token_ms', attempt.timeToFirstTokenMs) +
    member('upstream_request_id', cut(attempt.upstreamRequestId)) +
    member('service_tier', cut(attempt.serviceTier)) +
    used +
    (attempt.windows ? usedWindows(attempt.windows, attempt) : '') +
    (attempt.error ? attemptError(attempt.error, attempt) : '')
  )
}

function attemptError(error: AttemptFailure, attempt: AttemptRecord): string {
  const { code, message } = error
  return (
    `,"error_code":"${code}","error_retryable":${error.retryable}` +
    member('error_message', cut(message)) +
    member('error_http_status', error.httpStatus) +
    member('error_fingerprint', attemptFingerprint(attempt))
  )
}

function usageAndCost({ usage, cost }: Pick<AttemptRecord, 'usage' | 'cost'>): string {
  return (usage ? usageColumns(usage) : '') + (cost ? costColumns(cost) : '')
}

function usageColumns(usage: TokenUsage): string {
  return (
    `,"input_tokens":${int(usage.inputTokens)}` +
    `,"cache_read_tokens":${int(usage.cacheReadInputTokens)}` +
    `,"cache_write_tokens":${int(usage.cacheWriteInputTokens)}` +
    `,"output_tokens":${int(usage.outputTokens)}` +
    `,"reasoning_tokens":${int(usage.reasoningOutputTokens)},"usage_source":"${usage.source}"`
  )
}

function costColumns(cost: Cost): string {
  return (
    `,"cost_source":"${cost.source}"` +
    member('cost_total', cost.total) +
    member('cost_input', cost.input) +
    member('cost_output', cost.output) +
    member('cost_cache_read', cost.cacheRead) +
    member('cost_cache_write', cost.cacheWrite) +
    member('cost_other', cost.other) +
    member('price_version', cost.priceVersion)
  )
}

const int = (value: number): number => Math.min(Math.max(0, Math.round(value)), largestInt)

/** Tells calls apart: rows of one call have the same key. */
export const callKey = ({ call }: RecordRow): string => call.slice(0, call.indexOf(',"replica_id"'))
