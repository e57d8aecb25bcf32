import type { JsonObject } from '#domain/chat.ts'
import { listOf, objectOf } from './shape.ts'

/**
 * Makes server-sent events of an answer that came whole, for a caller who asked for a stream: one frame with all that
 * the document holds, then `[DONE]`.
 *
 * @param model The name under which the caller knows the model; undefined keeps the document's.
 * @param epochSeconds Now, for `created` and a missing id.
 */
export function framesOf(
  document: JsonObject,
  { model, epochSeconds }: { model?: string | undefined; epochSeconds: number },
): Buffer {
  const choices = listOf(document['choices']).map((value, position) => {
    const { message, ...choice } = objectOf(value) ?? {}
    const { tool_calls: calls, ...said } = objectOf(message) ?? {}
    return {
      ...choice,
      index: choice['index'] ?? position,
      delta: {
        role: 'assistant',
        ...said,
        content: said['content'] ?? '',
        ...(calls !== undefined && {
          tool_calls: listOf(calls).map((call, index) => ({ index, ...objectOf(call) })),
        }),
      },
      finish_reason: choice['finish_reason'] ?? 'stop',
    }
  })
  const chunk = {
    ...document,
    id: document['id'] ?? `chatcmpl-${epochSeconds}`,
    object: 'chat.completion.chunk',
    created: epochSeconds,
    model: model ?? document['model'],
    choices,
  }
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`)
}
