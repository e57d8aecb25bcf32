import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ModelRequest } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { parseIdempotencyKey } from '#domain/idempotency-key.ts'
import { type Call, callerGone, type Idempotency } from '#gateway/call.ts'
import type { Gateway } from '#gateway/complete.ts'
import { writeEarlyAnswer } from '#http/answer.ts'
import { readBody } from '#http/body.ts'
import { errorAnswer } from '#http/error-answer.ts'
import type { RequestContext, RequestHandler } from '#http/request-context.ts'
import { askedPriority } from './asked-priority.ts'
import { askedRouting } from './asked-routing.ts'
import { attribution } from './attribution.ts'
import { chatRequest, embeddingsRequest } from './model-request.ts'
import { writeStream, writeWhole } from './write-completion.ts'

export interface CompletionsOptions {
  readonly gateway: Gateway
  /** Whether a v0.7.2 file is in use now. */
  readonly isLegacy: () => boolean
  /** MAX_REQUEST_BODY_BYTES. */
  readonly maxBodyBytes: number
}

/** `POST /v1/chat/completions`. */
export function chatCompletions(options: CompletionsOptions): RequestHandler {
  const readChat = (bytes: Buffer) => chatRequest(bytes, { legacy: options.isLegacy() })
  return (request, response, context) =>
    answer(request, response, { context, options, surface: 'OPENAI_CHAT', read: readChat })
}

/** `POST /v1/embeddings`. */
export function embeddings(options: CompletionsOptions): RequestHandler {
  return (request, response, context) =>
    answer(request, response, {
      context,
      options,
      surface: 'OPENAI_EMBEDDINGS',
      read: embeddingsRequest,
    })
}

/** How long a call with a key runs on after its caller hung up: the caller may ask again. */
const waitForRetryMs = 60_000

/** @throws {GatewayError} INVALID_REQUEST. */
function idempotency(headers: IncomingHttpHeaders): Idempotency | undefined {
  const header = headers['idempotency-key']
  if (header === undefined) return undefined
  return {
    key: parseIdempotencyKey(String(header)),
    noWait: headers['x-orchestrator-idempotency'] === 'no-wait',
    graceMs: waitForRetryMs,
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    context: { id, viewer, clientIp },
    options: { gateway, isLegacy, maxBodyBytes },
    surface,
    read,
  }: {
    context: RequestContext
    options: CompletionsOptions
    surface: 'OPENAI_CHAT' | 'OPENAI_EMBEDDINGS'
    read: (bytes: Buffer) => ModelRequest
  },
): Promise<void> {
  let call: Call | undefined
  try {
    const model = read(await readBody(request, maxBodyBytes))
    const { endUser, sessionId, tags, metadata, traceId } = attribution(request, model.body)
    const opened = gateway.open({
      id,
      viewer,
      surface,
      request: model,
      priority: askedPriority(request.headers),
      // To a v0.7.2 file they are unknown headers, as they always were.
      routing: isLegacy() ? undefined : askedRouting(request.headers),
      clientIp,
      endUser,
      sessionId,
      tags,
      metadata,
      traceId,
      idempotency: idempotency(request.headers),
    })
    call = opened
    response.on('close', () => {
      if (!response.writableFinished) opened.cancellation.cancel(callerGone())
    })
    if (response.destroyed) opened.cancellation.cancel(callerGone())
    const answered = await gateway.run(opened)
    const to = { response, asker: opened }
    if (model.stream) await writeStream(answered, { ...to, includeUsage: asksForUsage(model) })
    else await writeWhole(answered, to)
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.unexpected || response.headersSent) throw thrown
    if (response.destroyed) return
    const { status, headers, body } = errorAnswer(thrown, {
      requestId: id,
      unchanged: isLegacy(),
      rateLimits: call?.rateLimits,
    })
    writeEarlyAnswer(request, response, { status, headers, body })
  }
}

function asksForUsage({ body }: ModelRequest): boolean {
  const options = body['stream_options']
  return (
    typeof options === 'object' &&
    options !== null &&
    'include_usage' in options &&
    options.include_usage === true
  )
}
