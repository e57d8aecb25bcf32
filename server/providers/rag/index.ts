import type { Chunk, JsonValue, ModelRequest } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import { findMember } from '#domain/json-text.ts'
import type { ProviderAdapter, ProviderAnswer, ProviderRequest } from '../adapter.ts'
import type { AdapterTools } from '../openai-wire/adapter.ts'
import { refusalOf } from '../openai-wire/errors.ts'
import { framesOf } from '../openai-wire/finished-answer.ts'
import { losslessObject } from '../openai-wire/lossless.ts'
import { oneChunk } from '../openai-wire/one-chunk.ts'
import { textOf } from '../openai-wire/shape.ts'
import { isJson, passedHeaders, upstreamRequestId } from '../passed-headers.ts'
import { endpointOf, type WholeAnswer } from '../upstream.ts'

const headers = ['content-type', 'application/json']

/**
 * The question-and-answer backend behind the prefix `rag:`: it gets model and messages, and answers with `answer` and
 * `context`. What callers see is made here, in OpenAI's shape with `rag_context`.
 */
export function createRagAdapter(
  config: ProviderConfig,
  { upstream }: AdapterTools,
): ProviderAdapter {
  const query = endpointOf(config, config.chatPath)

  async function stream({
    request,
    model,
    cancellation,
    onSent,
  }: ProviderRequest): Promise<ProviderAnswer> {
    const body = `{"model":${JSON.stringify(model)},"messages":${messagesOf(request)}}`
    const answer = await upstream.whole({
      endpoint: query,
      method: 'POST',
      headers,
      body,
      model,
      cancellation,
      onSent,
    })
    const about = { provider: config.name, model }
    if (answer.status >= 300) throw refusal(answer, about)
    const text = answer.body.toString()
    const shouldBeJson = !config.legacy && isJson(answer.headers['content-type'])
    if (shouldBeJson && !isJsonText(text)) throw brokenAnswer(about)
    return {
      status: answer.status,
      upstreamRequestId: upstreamRequestId(answer.headers),
      headers: passedHeaders(answer.headers),
      chunks: oneChunk(answerChunk(text, { name: `${config.name}:${model}`, request })),
    }
  }

  return { config, stream, models: () => Promise.resolve([]), credential: () => 'NOT_NEEDED' }
}

function messagesOf({ text }: ModelRequest): string {
  const range = findMember(text, 'messages')
  return range ? text.slice(range.start, range.end) : '[]'
}

/** v0.7.2 gave the backend's body as the detail, as text whatever it was. */
function refusal(answer: WholeAnswer, about: { provider: string; model: string }): GatewayError {
  const { code, message, details } = refusalOf(answer, about, Date.now())
  return new GatewayError(code, message, { ...details, legacyDetail: answer.body.toString() })
}

/** What is called JSON and is none was cut: a close without a length cannot be told from an end. */
function brokenAnswer(about: { provider: string; model: string }): GatewayError {
  const message = `${about.provider} (${about.model}) sent broken JSON; try again, or another model.`
  return new GatewayError('PROVIDER_PROTOCOL', message, about)
}

function answerChunk(
  text: string,
  { name, request }: { name: string; request: ModelRequest },
): Chunk {
  const { answer, context } = read(text)
  const epochSeconds = Math.floor(Date.now() / 1000)
  const document = {
    id: `rag-${epochSeconds}`,
    object: 'chat.completion',
    created: epochSeconds,
    model: name,
    choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
    rag_context: context,
  }
  const said = textOf(answer)
  return {
    events: said === undefined ? [] : [{ type: 'text', text: said }],
    raw: request.stream
      ? framesOf(document, { epochSeconds })
      : Buffer.from(JSON.stringify(document)),
    producedBytes: said === undefined ? 0 : Buffer.byteLength(said),
    end: { finishReason: 'STOP', servedModel: name },
  }
}

/** An object with `answer` and `context`; words without JSON are the answer, JSON of another kind is an empty one. */
function read(text: string): { answer: string | null; context: JsonValue } {
  const document = losslessObject(text)
  if (document) {
    const { answer, context } = document
    return { answer: typeof answer === 'string' ? answer : null, context: context ?? null }
  }
  return { answer: isJsonText(text) ? '' : text, context: null }
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
