import type { Chunk, ModelRequest } from '#domain/chat.ts'
import type { ProviderKind } from '#domain/config.ts'
import { type ErrorCode, GatewayError } from '#domain/errors.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { Reply } from './call.ts'

/** The most of one answer that is kept. */
export const mostKeptBytes = 16 * 1024 * 1024

/** What is known of an answer when it begins. The provider's headers are not kept: they were about that moment. */
export interface KeptHead {
  readonly startedAtEpochMs: number
  readonly status: number
  readonly providerName: string
  readonly providerKind: ProviderKind
  readonly model: string
  readonly upstreamRequestId: string | null
}

/** How an answer failed, as it is told again. */
export interface KeptFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly provider?: string | undefined
  readonly model?: string | undefined
}

/** An answer as it is kept for whoever asks again: plain data. */
export interface KeptReply {
  readonly requestId: string
  /** Absent when the call failed before its answer began. */
  readonly head: KeptHead | undefined
  /** As they were handed out; the last one carries `end`, unless there is a failure. */
  readonly chunks: readonly Chunk[]
  readonly failure: KeptFailure | undefined
  /** How the call was settled. */
  readonly record: RequestRecord | undefined
}

export function keptHead({ attempt, call, status }: Reply): KeptHead {
  const { name, kind } = attempt.target.adapter.config
  return {
    startedAtEpochMs: call.startedAtEpochMs,
    status,
    providerName: name,
    providerKind: kind,
    model: attempt.target.model,
    upstreamRequestId: attempt.upstreamRequestId,
  }
}

/** @param chunks Undefined when they are more than is kept: then that is what is told. */
export function keptReply({
  chunks,
  error,
  head,
  record,
  requestId,
}: {
  requestId: string
  head: KeptHead | undefined
  chunks: readonly Chunk[] | undefined
  error: GatewayError | undefined
  record: RequestRecord | undefined
}): KeptReply {
  const failure = chunks ? error : tooLarge()
  return {
    requestId,
    head: chunks && head,
    chunks: chunks ?? [],
    failure: failure && {
      code: failure.code,
      message: failure.message,
      provider: failure.details.provider,
      model: failure.details.model,
    },
    record,
  }
}

export function tooLarge(): GatewayError {
  const size = mostKeptBytes / 1024 / 1024
  const message = `The answer is larger than the ${size} MiB that are kept under an idempotency key: ask for less, or without a key.`
  return new GatewayError('CONFLICT', message)
}

/** The answer of another call, for a caller who asked for the same. */
export function replayOf(
  { head, requestId }: { readonly head: KeptHead; readonly requestId: string },
  { chunks, request }: { chunks: AsyncIterable<Chunk>; request: ModelRequest },
): Reply {
  const { model, providerKind: kind, providerName: name, upstreamRequestId } = head
  return {
    call: { id: requestId, startedAtEpochMs: head.startedAtEpochMs, request },
    attempt: { upstreamRequestId, target: { model, adapter: { config: { name, kind } } } },
    status: head.status,
    headers: {},
    chunks,
    isReplay: true,
  }
}

/**
 * A kept failure, as it is thrown to whoever asks again.
 *
 * @param begun Whether a part of the answer went before: then the words are those that the first caller read.
 */
export function replayedError(
  { code, message, model, provider }: KeptFailure,
  { begun, requestId }: { begun: boolean; requestId: string },
): GatewayError {
  const advice = ` This is the kept answer of request ${requestId}, which has been charged (at most its hold) and is not run again under its idempotency key; take a new key to ask again.`
  return new GatewayError(code, begun ? message : message + advice, {
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    replayOf: requestId,
  })
}

/** What is told under the key of a call whose replica died: running it again could charge it twice. */
export function lostReply(requestId: string): KeptReply {
  const message =
    'The server that ran the first call under this idempotency key died before the answer was complete.'
  return {
    requestId,
    head: undefined,
    chunks: [],
    failure: { code: 'INTERNAL', message },
    record: undefined,
  }
}
