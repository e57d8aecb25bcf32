import type { Chunk, JsonObject, JsonValue } from '#domain/chat.ts'
import { normalUsage } from '#domain/usage.ts'
import type { ProviderRequest } from '../adapter.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import { type OllamaCall, ollamaNonsense } from './errors.ts'

/**
 * Makes OpenAI's document of what `/api/embed` answered: lists of numbers, or base64 of 32-bit floats where the caller
 * asks for it, as OpenAI's own client does.
 *
 * @throws {GatewayError} PROVIDER_PROTOCOL where there are no embeddings in it.
 */
export function embeddingsChunk(
  text: string,
  { call, request }: { call: OllamaCall; request: Pick<ProviderRequest, 'request'>['request'] },
): Chunk {
  const answer = parsed(text, call)
  const vectors = listOf(answer['embeddings'])
  if (!Array.isArray(answer['embeddings']) || vectors.length === 0 || !vectors.every(isVector)) {
    throw ollamaNonsense('sent a document without embeddings', call)
  }
  const asBase64 = request.body['encoding_format'] === 'base64'
  const usage = normalUsage({ inputTokens: answer['prompt_eval_count'], outputTokens: 0 })
  const tokens = usage?.inputTokens ?? 0
  const document = {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: asBase64 ? base64(listOf(vector)) : vector,
    })),
    model: `${call.provider}:${call.model}`,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
  return {
    events: [],
    raw: Buffer.from(JSON.stringify(document)),
    producedBytes: 0,
    end: { finishReason: 'STOP', usage, servedModel: textOf(answer['model']) },
  }
}

function isVector(vector: JsonValue): boolean {
  return Array.isArray(vector) && vector.every((number) => typeof number === 'number')
}

function base64(vector: readonly JsonValue[]): string {
  const floats = Buffer.alloc(vector.length * 4)
  vector.forEach((number, index) => floats.writeFloatLE(Number(number), index * 4))
  return floats.toString('base64')
}

function parsed(text: string, call: OllamaCall): JsonObject {
  try {
    return objectOf(JSON.parse(text)) ?? {}
  } catch (cause) {
    throw ollamaNonsense('sent broken JSON', call, cause)
  }
}
