import { defaultTenantId } from '#domain/access.ts'
import type { AttemptRecord, RequestOpening, RequestRecord } from '#domain/request-record.ts'

/** An attempt that succeeded, but for what is given. */
export function attemptOf(over: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    index: 0,
    providerName: 'openai',
    model: 'gpt-test',
    simulated: false,
    startedAt: 1_790_000_000_000,
    hold: { inputTokens: 100, outputTokens: 100, cost: 10_000n, priceVersion: 'test' },
    status: 'SUCCEEDED',
    durationMs: 100,
    timeToFirstTokenMs: 20,
    error: null,
    upstreamRequestId: null,
    usage: {
      inputTokens: 10,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: 5,
      reasoningOutputTokens: 0,
      source: 'PROVIDER_REPORTED',
    },
    cost: {
      total: 3000n,
      input: 1000n,
      output: 2000n,
      cacheRead: 0n,
      cacheWrite: 0n,
      other: 0n,
      source: 'PRICE_TABLE',
      priceVersion: 'test',
    },
    ...over,
  }
}

/** A failed attempt. */
export function failedAttempt(
  code: NonNullable<AttemptRecord['error']>['code'],
  over: Partial<AttemptRecord> = {},
): AttemptRecord {
  const error = { code, message: `it was ${code}`, retryable: false, httpStatus: null }
  return attemptOf({ status: 'FAILED', error, usage: null, cost: null, ...over })
}

let serial = 0

/** A call that succeeded by its one attempt, but for what is given. */
export function recordOf(over: Partial<RequestRecord> = {}): RequestRecord {
  const attempts = over.attempts ?? [attemptOf()]
  const last = attempts.at(-1)
  serial++
  return {
    id: `019a0000-0000-7000-8000-${serial.toString(16).padStart(12, '0')}`,
    tenantId: defaultTenantId,
    projectId: null,
    apiKeyId: null,
    createdAt: 1_790_000_000_000,
    surface: 'OPENAI_CHAT',
    requestedModel: 'openai:gpt-test',
    stream: false,
    priority: 'NORMAL',
    configVersion: 1,
    clientIp: null,
    endUser: null,
    sessionId: null,
    tags: [],
    metadata: null,
    traceId: null,
    status: last?.error ? 'FAILED' : 'SUCCEEDED',
    finishedAt: 1_790_000_000_120,
    providerName: last?.providerName ?? null,
    servedModel: last?.model ?? null,
    simulated: last?.simulated ?? false,
    finishReason: 'STOP',
    latencyMs: 120,
    timeToFirstTokenMs: 20,
    queuedMs: 0,
    overheadMs: 20,
    usage: last?.usage ?? null,
    cost: last?.cost ?? null,
    errorCode: last?.error?.code ?? null,
    errorMessage: last?.error?.message ?? null,
    httpStatus: 200,
    attempts,
    ...over,
  }
}

/** What was known of a call when it began. */
export function openingOf(record: RequestRecord): RequestOpening {
  return record
}
