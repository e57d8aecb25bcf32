import type { Cancellation } from '#domain/cancellation.ts'
import type { Chunk } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import type { ListedModel, ProviderAdapter, ProviderAnswer, ProviderRequest } from '../adapter.ts'
import type { AdapterTools } from '../openai-wire/adapter.ts'
import { oneChunk } from '../openai-wire/one-chunk.ts'
import { credentialOf, wireHeaders } from '../openai-wire/request.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import { isJson, passedHeaders, upstreamRequestId } from '../passed-headers.ts'
import { progressiveAnswer } from '../progressive-answer.ts'
import { endpointOf, type WholeAnswer } from '../upstream.ts'
import type { UpstreamHeaders } from '../upstream-exchange.ts'
import { failure } from '../upstream-failure.ts'
import { embeddingsChunk } from './embeddings.ts'
import { type OllamaCall, ollamaRefusal } from './errors.ts'
import { chatRequest, embedRequest } from './request.ts'
import { documentChunk, LineStream } from './stream.ts'

/**
 * Ollama's own API: `/api/chat` as JSON lines, `/api/embed`, `/api/tags`. Answers are streamed from Ollama even for
 * callers who want them whole, so that a slow model is seen to work; with a v0.7.2 configuration they are asked for as
 * the caller wants them. Its paths are its own: configured ones are those of OpenAI's wire.
 *
 * @param isBuiltIn It is there without being configured, which v0.7.2's errors show.
 */
export function createOllamaAdapter(
  config: ProviderConfig,
  { upstream, lookup, malformed, isBuiltIn = false }: AdapterTools & { isBuiltIn?: boolean },
): ProviderAdapter {
  const chat = endpointOf(config, '/api/chat')
  const embed = endpointOf(config, '/api/embed')
  const tags = endpointOf(config, '/api/tags')
  const headers = wireHeaders(config, lookup)
  const about = (model: string): OllamaCall => ({ provider: config.name, model, isBuiltIn })

  async function converse(call: ProviderRequest): Promise<ProviderAnswer> {
    const { model, cancellation, onSent, id: callId, request } = call
    const stream = request.stream || !config.legacy
    const body = chatRequest(call, { stream })
    const answer = await upstream.open({
      endpoint: chat,
      method: 'POST',
      headers: headers(),
      body,
      model,
      cancellation,
      onSent,
    })
    const { status, headers: sent } = answer
    if (status < 300 && stream && !isJson(sent['content-type'])) {
      const reader = new LineStream(about(model), { callId })
      const reading = { reader, call, provider: config.name, malformed }
      return answerOf(answer, progressiveAnswer(answer, reading))
    }
    const document = accepted({ status, headers: sent, body: await answer.whole() }, model)
    const chunk = documentChunk(document.body.toString(), {
      call: about(model),
      callId,
      legacy: config.legacy,
    })
    return answerOf(answer, oneChunk(chunk))
  }

  async function embedded(call: ProviderRequest): Promise<ProviderAnswer> {
    const { model, cancellation, onSent, request } = call
    const body = embedRequest(call)
    const answer = accepted(
      await upstream.whole({
        endpoint: embed,
        method: 'POST',
        headers: headers(),
        body,
        model,
        cancellation,
        onSent,
      }),
      model,
    )
    return answerOf(
      answer,
      oneChunk(embeddingsChunk(answer.body.toString(), { call: about(model), request })),
    )
  }

  function accepted(answer: WholeAnswer, model: string): WholeAnswer {
    if (answer.status >= 300) throw ollamaRefusal(answer, about(model), Date.now())
    return answer
  }

  async function models(cancellation: Cancellation): Promise<readonly ListedModel[]> {
    const answer = await upstream.whole({
      endpoint: tags,
      method: 'GET',
      headers: headers(),
      cancellation,
    })
    if (answer.status < 300) return listed(answer.body.toString(), config.name)
    throw failure(
      'PROVIDER_UNAVAILABLE',
      `${config.name} answered ${answer.status} when asked for its models.`,
      {
        provider: config.name,
      },
    )
  }

  return {
    config,
    stream: (call) => (call.request.operation === 'chat' ? converse(call) : embedded(call)),
    models,
    credential: () => credentialOf(config, lookup),
  }
}

function answerOf(
  { status, headers }: { status: number; headers: UpstreamHeaders },
  chunks: AsyncIterable<Chunk>,
): ProviderAnswer {
  return {
    status,
    upstreamRequestId: upstreamRequestId(headers),
    headers: passedHeaders(headers),
    chunks,
  }
}

/** Reads `/api/tags`; entries without a name are passed over. */
function listed(text: string, provider: string): readonly ListedModel[] {
  try {
    return listOf(objectOf(JSON.parse(text))?.['models']).flatMap((value) => {
      const id = textOf(objectOf(value)?.['name'])
      return id === undefined ? [] : [{ id }]
    })
  } catch (cause) {
    throw failure('PROVIDER_PROTOCOL', `${provider} sent a list of models that is not JSON.`, {
      provider,
      cause,
    })
  }
}
