import type { ModelRequest } from '#domain/chat.ts'
import { insertMember } from '#domain/json-text.ts'
import { parseModelName } from '#domain/model-name.ts'
import { chatSchema, embeddingsSchema } from './chat-schema.ts'
import { type JsonBody, parseJsonBody } from './json-body.ts'
import { checkMessagesOfOld, withoutNullContent } from './old-checks.ts'
import { isPlainChat } from './plain-chat.ts'
import { invalidRequest } from './request-issues.ts'

/**
 * Turns a body into a chat request.
 *
 * @param legacy A v0.7.2 file is in use: only what v0.7.2 itself refused is refused.
 * @throws {GatewayError} INVALID_REQUEST with the path of the field.
 */
export function chatRequest(bytes: Buffer, { legacy }: { legacy: boolean }): ModelRequest {
  const given = parseJsonBody(bytes)
  const model = modelName(given.body['model'])
  const { text, body } = withMessages(legacy ? checkedAsOld(given) : checked(given))
  return { operation: 'chat', model, stream: body['stream'] === true, text, body }
}

/** Turns a body into an embeddings request. */
export function embeddingsRequest(bytes: Buffer): ModelRequest {
  const { text, body } = parseJsonBody(bytes)
  const model = modelName(body['model'])
  const verdict = embeddingsSchema.safeParse(body)
  if (!verdict.success) throw invalidRequest(verdict.error)
  return { operation: 'embeddings', model, stream: false, text, body }
}

function checked(given: JsonBody): JsonBody {
  if (isPlainChat(given.body)) return given
  const verdict = chatSchema.safeParse(given.body)
  if (!verdict.success) throw invalidRequest(verdict.error)
  return given
}

function checkedAsOld(given: JsonBody): JsonBody {
  checkMessagesOfOld(given.body['messages'])
  return withoutNullContent(given)
}

/** A model's name in its one spelling: no space around it, nor around its first colon. */
function modelName(asked: unknown): string {
  const { prefix, model } = parseModelName(asked)
  return prefix === undefined ? model : `${prefix}:${model}`
}

/** Absent messages are an empty list, for whoever reads on as well. */
function withMessages({ text, body }: JsonBody): JsonBody {
  if (body['messages'] !== undefined) return { text, body }
  return { text: insertMember(text, 'messages', '[]'), body: { ...body, messages: [] } }
}
