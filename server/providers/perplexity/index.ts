import type { Cancellation } from '#domain/cancellation.ts'
import type { Chunk } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import type { ListedModel, ProviderAdapter, ProviderAnswer, ProviderRequest } from '../adapter.ts'
import type { AdapterTools } from '../openai-wire/adapter.ts'
import { type Refused, refusalOf } from '../openai-wire/errors.ts'
import { listedModels } from '../openai-wire/models.ts'
import { oneChunk } from '../openai-wire/one-chunk.ts'
import { credentialOf, keyOf, wireHeaders } from '../openai-wire/request.ts'
import { isJson, passedHeaders, upstreamRequestId } from '../passed-headers.ts'
import { progressiveAnswer } from '../progressive-answer.ts'
import { endpointOf, type WholeAnswer } from '../upstream.ts'
import type { UpstreamHeaders } from '../upstream-exchange.ts'
import { failure } from '../upstream-failure.ts'
import { agentRequest } from './request.ts'
import { AgentStream, documentChunk } from './stream.ts'

/**
 * Perplexity's Agent API (`POST /v1/agent`), which took the place of Sonar in September 2026. Answers are always
 * streamed from it: an agent may search for minutes before its first word.
 */
export function createPerplexityAdapter(
  config: ProviderConfig,
  { upstream, lookup, malformed }: AdapterTools,
): ProviderAdapter {
  const agent = endpointOf(config, config.chatPath)
  const list = endpointOf(config, config.modelsPath)
  const headers = wireHeaders(config, lookup)
  const about = (model?: string): Refused => ({
    provider: config.name,
    model,
    apiKeyEnv: config.apiKeyEnv,
    key: keyOf(config, lookup),
  })

  async function stream(call: ProviderRequest): Promise<ProviderAnswer> {
    const { model, cancellation, onSent } = call
    if (call.request.operation !== 'chat') throw chatOnly(config.name)
    const body = agentRequest(call)
    const answer = await upstream.open({
      endpoint: agent,
      method: 'POST',
      headers: headers(),
      body,
      model,
      cancellation,
      onSent,
    })
    const { status, headers: sent } = answer
    if (status < 300 && !isJson(sent['content-type'])) {
      const reader = new AgentStream(about(model))
      const reading = { reader, call, provider: config.name, malformed }
      return answerOf(answer, progressiveAnswer(answer, reading))
    }
    const document = accepted({ status, headers: sent, body: await answer.whole() }, model)
    return answerOf(answer, oneChunk(documentChunk(document.body.toString(), about(model))))
  }

  function accepted(answer: WholeAnswer, model?: string): WholeAnswer {
    if (answer.status >= 300) throw refusalOf(answer, about(model), Date.now())
    return answer
  }

  async function models(cancellation: Cancellation): Promise<readonly ListedModel[]> {
    const answer = accepted(
      await upstream.whole({ endpoint: list, method: 'GET', headers: headers(), cancellation }),
    )
    try {
      return listedModels(JSON.parse(answer.body.toString()))
    } catch (cause) {
      const message = `${config.name} sent a list of models that is not JSON.`
      throw failure('PROVIDER_PROTOCOL', message, { provider: config.name, cause })
    }
  }

  return { config, stream, models, credential: () => credentialOf(config, lookup) }
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

function chatOnly(provider: string): GatewayError {
  const message = `${provider} (Perplexity's Agent API) makes no embeddings; choose another provider for them.`
  return new GatewayError('INVALID_REQUEST', message, {
    provider,
    issues: [{ path: ['model'], message }],
  })
}
