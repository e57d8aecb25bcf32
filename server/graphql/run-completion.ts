import { AnswerDraft } from '#domain/answer-draft.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { AttemptRecord, RequestRecord } from '#domain/request-record.ts'
import type { Completion, CompletionEvent } from '#gateway/completion-event.ts'
import { waitForSocketMs } from '#gateway/live-completions.ts'
import { apiError, ProviderFailureError, RefusedError } from './api-error.ts'
import { callRequest } from './call-request.ts'
import type { CompletionChoice } from './completion-choice.ts'
import type { GraphqlContext } from './context.ts'

/** Runs a completion to its end. @throws {ApiError} When it is refused or fails; GatewayError INTERNAL otherwise. */
export async function createCompletion(
  input: CompletionChoice,
  context: GraphqlContext,
): Promise<Completion> {
  let record: RequestRecord | undefined
  try {
    if (input.idempotencyKey) return await sharedCompletion(input, context)
    const draft = new AnswerDraft()
    const watcher = {
      ended: (ended: RequestRecord) => {
        record = ended
      },
    }
    const { gateway } = context.services
    const call = gateway.open({ ...callRequest(input, { context, stream: false }), watcher })
    call.closers.push(context.cancellation.onCancel((reason) => call.cancellation.cancel(reason)))
    const answer = await gateway.run(call)
    for await (const chunk of answer.chunks) for (const event of chunk.events) draft.add(event)
    if (!record) throw new Error(`call ${call.id} ended without a record`)
    return { ...draft.content(), record }
  } catch (thrown) {
    throw refusal(thrown, { context, attempts: record?.attempts ?? [] })
  }
}

/** Finds what was begun with the same idempotency key, or begins it; it runs on when this caller goes. */
async function sharedCompletion(
  input: CompletionChoice,
  context: GraphqlContext,
): Promise<Completion> {
  const live = context.services.live.start(callRequest(input, { context, stream: true }))
  const events = live.listen()
  const forget = context.cancellation.onCancel(() => void events.return?.())
  try {
    for await (const event of events) {
      if (event.type === 'finished') return event.completion
      if (event.type === 'failed') throw failure(event)
    }
    throw (
      context.cancellation.reason ?? new Error(`completion ${live.id} ended without a last event`)
    )
  } finally {
    forget()
  }
}

function failure({
  attempts,
  completionId,
  error,
}: Extract<CompletionEvent, { type: 'failed' }>): Error {
  return error.unexpected ? error : apiError(error, { requestId: completionId, attempts })
}

/** Begins a completion that belongs to no socket. @returns Its id. @throws {ApiError} When it is refused. */
export async function startCompletion(
  input: CompletionChoice,
  context: GraphqlContext,
): Promise<string> {
  const { live } = context.services
  try {
    const started = live.start(callRequest(input, { context, stream: true }))
    await started.opened.catch((error: unknown) => {
      live.forget(started)
      throw error
    })
    return started.id
  } catch (thrown) {
    const error = refusal(thrown, { context, attempts: [] })
    throw error instanceof ProviderFailureError ? new RefusedError(error, error.requestId) : error
  }
}

/** @returns The id. @throws {ApiError} NotFoundError. */
export function cancelCompletion(id: string, context: GraphqlContext): string {
  try {
    context.services.live.cancel(id, context.viewer)
    return id
  } catch (thrown) {
    throw refusal(thrown, { context, attempts: [] })
  }
}

/** Begins a completion whose events are this subscription, or attaches to it anew. */
export function streamCompletion(
  input: CompletionChoice,
  context: GraphqlContext,
): AsyncIterable<CompletionEvent> {
  const { connection, services } = context
  const { idempotencyKey } = input
  try {
    const live = services.live.start(callRequest(input, { context, stream: true }), {
      graceMs: waitForSocketMs,
      waitsForListeners: true,
      operationId: connection?.operationId,
    })
    // Over plain HTTP nobody can tell a lost client from one that has enough; only a key could bring it back.
    return live.listen({
      leavesForGood: () => (connection ? !connection.isLost() : !idempotencyKey),
    })
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (error.unexpected) throw error
    return refusedStream(error, context)
  }
}

async function* refusedStream(
  error: GatewayError,
  { requestId, services }: GraphqlContext,
): AsyncGenerator<CompletionEvent> {
  const at = services.clock.epochMs()
  yield {
    type: 'failed',
    error,
    partialText: '',
    attempts: [],
    completionId: requestId,
    seq: 0,
    at,
  }
}

/** The events of a completion that runs or has just ended. @throws {GatewayError} NOT_FOUND. */
export function followCompletion(
  { completionId, afterSeq }: { completionId: string; afterSeq: number },
  { services, viewer }: GraphqlContext,
): AsyncIterable<CompletionEvent> {
  return services.live.find(completionId, viewer).listen({ afterSeq })
}

function refusal(
  thrown: unknown,
  { context, attempts }: { context: GraphqlContext; attempts: readonly AttemptRecord[] },
): Error {
  if (thrown instanceof Error && 'requestId' in thrown) return thrown
  const error = asGatewayError(thrown)
  const requestId = error.details.replayOf ?? context.requestId
  return error.unexpected ? error : apiError(error, { requestId, attempts })
}
