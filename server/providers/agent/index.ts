import type { Cancellation } from '#domain/cancellation.ts'
import type { Chunk } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { replaceMember } from '#domain/json-text.ts'
import type { ListedModel, ProviderAdapter, ProviderAnswer, ProviderRequest } from '../adapter.ts'
import type { AdapterTools } from '../openai-wire/adapter.ts'
import type { Dialect } from '../openai-wire/dialect.ts'
import { documentChunk } from '../openai-wire/document.ts'
import { refusalOf } from '../openai-wire/errors.ts'
import { framesOf } from '../openai-wire/finished-answer.ts'
import { losslessObject } from '../openai-wire/lossless.ts'
import { oneChunk } from '../openai-wire/one-chunk.ts'
import { openAiUsage } from '../openai-wire/usage.ts'
import { isJson, passedHeaders, upstreamRequestId } from '../passed-headers.ts'
import { endpointOf, type WholeAnswer } from '../upstream.ts'

const dialect: Dialect = { usage: openAiUsage, sendsUsageUnasked: false }
const headers = ['content-type', 'application/json']

/**
 * The agent runner behind the prefix `agent:`. It gets the caller's text as it is, its own prefix in `model` included,
 * and never a key; it answers whole, so a streamed call is one frame of all that it said.
 */
export function createAgentAdapter(
  config: ProviderConfig,
  { upstream }: AdapterTools,
): ProviderAdapter {
  const chat = endpointOf(config, config.chatPath)
  const root = endpointOf(config, '')

  async function stream({
    request,
    model,
    cancellation,
    onSent,
  }: ProviderRequest): Promise<ProviderAnswer> {
    const about = { provider: config.name, model }
    const body = request.stream ? replaceMember(request.text, 'stream', 'false') : request.text
    const answer = await upstream.whole({
      endpoint: chat,
      method: 'POST',
      headers,
      body,
      model,
      cancellation,
      onSent,
    })
    if (answer.status >= 300) throw refusalOf(answer, about, Date.now())
    const wrapped = request.stream && !isJson(answer.headers['content-type'])
    const chunk = wrapped
      ? textChunk(answer)
      : documentChunk(answer, { config, dialect, operation: 'chat', about })
    return {
      status: answer.status,
      upstreamRequestId: upstreamRequestId(answer.headers),
      headers: passedHeaders(answer.headers),
      chunks: oneChunk(request.stream ? asFrames(chunk, `${config.name}:${model}`) : chunk),
    }
  }

  async function models(cancellation: Cancellation): Promise<readonly ListedModel[]> {
    const answer = await upstream.whole({ endpoint: root, method: 'GET', headers, cancellation })
    if (answer.status >= 300) throw refusalOf(answer, { provider: config.name }, Date.now())
    return [{ id: 'mcp' }]
  }

  return { config, stream, models, credential: () => 'NOT_NEEDED' }
}

/** Words without a document are the answer's text. */
function textChunk({ body }: WholeAnswer): Chunk {
  const text = body.toString()
  const document = {
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  }
  return {
    events: text === '' ? [] : [{ type: 'text', text }],
    raw: Buffer.from(JSON.stringify(document)),
    producedBytes: body.length,
    end: { finishReason: 'STOP' },
  }
}

function asFrames(chunk: Chunk, model: string): Chunk {
  const document = chunk.raw && losslessObject(Buffer.from(chunk.raw).toString())
  const epochSeconds = Math.floor(Date.now() / 1000)
  return document ? { ...chunk, raw: framesOf(document, { model, epochSeconds }) } : chunk
}
