import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ModelRequest } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { callerGone } from '#gateway/call.ts'
import type { Gateway } from '#gateway/complete.ts'
import { writeEarlyAnswer } from '#http/answer.ts'
import { readBody } from '#http/body.ts'
import { errorAnswer } from '#http/error-answer.ts'
import type { RequestContext, RequestHandler } from '#http/request-context.ts'
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
  try {
    const model = read(await readBody(request, maxBodyBytes))
    const { endUser, sessionId, tags, metadata, traceId } = attribution(request, model.body)
    const call = gateway.open({
      id,
      viewer,
      surface,
      request: model,
      priority: 'NORMAL',
      clientIp,
      endUser,
      sessionId,
      tags,
      metadata,
      traceId,
    })
    response.on('close', () => {
      if (!response.writableFinished) call.cancellation.cancel(callerGone())
    })
    if (response.destroyed) call.cancellation.cancel(callerGone())
    const answered = await gateway.run(call)
    if (model.stream) await writeStream(answered, { response, includeUsage: asksForUsage(model) })
    else await writeWhole(answered, response)
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.code === 'INTERNAL' || response.headersSent)
      throw thrown
    if (response.destroyed) return
    const { status, headers, body } = errorAnswer(thrown, { requestId: id, unchanged: isLegacy() })
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
