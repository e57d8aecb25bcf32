import type { Chunk, JsonObject, JsonValue } from '#domain/chat.ts'
import { listOf } from '../openai-wire/shape.ts'
import { hashOf, seededRandom } from './chance.ts'

const defaultDimensions = 256
const mostDimensions = 1536

/**
 * Answers an embeddings request: a vector of length 1 for each input, which follows from the input alone.
 *
 * @param name The model's name in the document.
 */
export function embeddingsChunk(body: JsonObject, name: string): Chunk {
  const inputs = inputsOf(body['input'])
  const asked = body['dimensions']
  const size =
    typeof asked === 'number' && asked >= 1
      ? Math.min(Math.floor(asked), mostDimensions)
      : defaultDimensions
  const asBase64 = body['encoding_format'] === 'base64'
  const tokens = inputs.reduce((sum, { tokens: count }) => sum + count, 0)
  const document = {
    object: 'list',
    data: inputs.map(({ text }, index) => {
      const vector = vectorOf(text, size)
      return { object: 'embedding', index, embedding: asBase64 ? base64(vector) : [...vector] }
    }),
    model: name,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
  return {
    events: [],
    raw: Buffer.from(JSON.stringify(document)),
    producedBytes: 0,
    end: {
      finishReason: 'STOP',
      servedModel: 'embedding',
      usage: {
        inputTokens: tokens,
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 0,
        outputTokens: 0,
        reasoningOutputTokens: 0,
        source: 'PROVIDER_REPORTED',
      },
    },
  }
}

/** A text, a list of texts, a list of tokens, or a list of such lists. */
function inputsOf(input: JsonValue | undefined): readonly { text: string; tokens: number }[] {
  if (typeof input === 'string')
    return [{ text: input, tokens: Math.max(1, Math.ceil(Buffer.byteLength(input) / 4)) }]
  const list = listOf(input)
  if (list.length > 0 && list.every((part) => typeof part === 'number')) {
    return [{ text: JSON.stringify(list), tokens: list.length }]
  }
  return list.flatMap(inputsOf)
}

function vectorOf(text: string, size: number): Float32Array {
  const random = seededRandom(hashOf(text))
  const vector = Float32Array.from({ length: size }, () => random() * 2 - 1)
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4))
  return bytes.toString('base64')
}
