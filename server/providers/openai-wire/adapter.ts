import { Cancellation } from '#domain/cancellation.ts'
import type { Chunk } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { failure, named } from '../upstream-failure.ts'
import type { ListedModel, ProviderAdapter, ProviderAnswer, ProviderRequest } from '../adapter.ts'
import { isJson, mayBeEvents, passedHeaders, upstreamRequestId } from '../passed-headers.ts'
import type { MalformedListener } from '../malformed-events.ts'
import { endpointOf, type Upstream, type UpstreamRequest, type WholeAnswer } from '../upstream.ts'
import type { Dialect } from './dialect.ts'
import { documentChunk, oddType, type Reading } from './document.ts'
import { type Refused, refusalOf } from './errors.ts'
import { framesOf } from './finished-answer.ts'
import { losslessObject } from './lossless.ts'
import { listedModels } from './models.ts'
import { oneChunk } from './one-chunk.ts'
import { credentialOf, keyOf, wireHeaders, wireRequest } from './request.ts'
import { EventStream } from './stream.ts'

/** How long a provider's list of models is waited for. */
const listMs = 5000

/** What an adapter is given besides its configuration. */
export interface AdapterTools {
  readonly upstream: Upstream
  /** Reads an environment variable, for keys. */
  readonly lookup: (name: string) => string | undefined
  /** @default nobody is told */
  readonly malformed?: MalformedListener | undefined
}

/** An adapter for a vendor that speaks OpenAI's wire format, in its own dialect. */
export function createWireAdapter(
  config: ProviderConfig,
  { upstream, lookup, malformed }: AdapterTools,
  dialect: Dialect,
): ProviderAdapter {
  const chat = endpointOf(config, config.chatPath)
  const embeddings = endpointOf(config, config.embeddingsPath)
  const list = endpointOf(config, config.modelsPath)
  const headers = wireHeaders(config, lookup)
  const idHeader = config.legacy ? undefined : dialect.requestIdHeader

  const about = (model?: string): Refused => ({
    provider: config.name,
    model,
    apiKeyEnv: config.apiKeyEnv,
    key: keyOf(config, lookup),
  })
  const readingOf = ({ request, model }: ProviderRequest): Reading => ({
    config,
    dialect,
    operation: request.operation,
    about: about(model),
  })

  const requestOf = (call: ProviderRequest, body: string): UpstreamRequest => ({
    endpoint: call.request.operation === 'chat' ? chat : embeddings,
    method: 'POST',
    headers: idHeader === undefined ? headers() : [...headers(), idHeader, call.id],
    body,
    model: call.model,
    cancellation: call.cancellation,
    onSent: call.onSent,
  })

  const accepted = (answer: WholeAnswer, model: string | undefined): WholeAnswer => {
    if (answer.status >= 300) throw refusalOf(answer, about(model), Date.now())
    return answer
  }

  const answerOf = (
    { status, headers: sent }: Omit<WholeAnswer, 'body'>,
    chunks: AsyncIterable<Chunk>,
  ): ProviderAnswer => ({
    status,
    upstreamRequestId: upstreamRequestId(sent),
    headers: passedHeaders(sent),
    chunks,
  })

  async function whole(call: ProviderRequest): Promise<ProviderAnswer> {
    const { body } = wireRequest(call)
    const answer = accepted(await upstream.whole(requestOf(call, body)), call.model)
    return answerOf(answer, oneChunk(documentChunk(answer, readingOf(call))))
  }

  async function streamed(call: ProviderRequest): Promise<ProviderAnswer> {
    const { body, asksForUsage } = wireRequest(call)
    const answer = await upstream.open(requestOf(call, body))
    const { status, headers: sent } = answer
    if (status >= 300 || isJson(sent['content-type'])) {
      const document = accepted({ status, headers: sent, body: await answer.whole() }, call.model)
      return answerOf(
        document,
        oneChunk(asStream(documentChunk(document, readingOf(call)), config)),
      )
    }
    const contentType = sent['content-type']
    if (!config.legacy && !mayBeEvents(contentType)) {
      const first = (await answer.read()) ?? Buffer.alloc(0)
      answer.abort()
      throw oddType(about(call.model), { contentType, wanted: 'events', body: first })
    }
    const withholdsUsage = asksForUsage && !(config.legacy && dialect.sendsUsageUnasked)
    return answerOf(
      answer,
      new EventStream(answer, { call, reading: readingOf(call), withholdsUsage, malformed }),
    )
  }

  async function models(cancellation: Cancellation): Promise<readonly ListedModel[]> {
    const limited = new Cancellation()
    const forget = cancellation.onCancel((reason) => limited.cancel(reason))
    const late = () =>
      failure('PROVIDER_TIMEOUT', `${config.name} did not list its models within ${listMs} ms.`, {
        provider: config.name,
      })
    const timer = setTimeout(() => limited.cancel(late()), listMs)
    try {
      const answer = await upstream.whole({
        endpoint: list,
        method: 'GET',
        headers: headers(),
        cancellation: limited,
      })
      return listedModels(JSON.parse(accepted(answer, undefined).body.toString()))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw failure(
        'PROVIDER_PROTOCOL',
        `${named({ provider: config.name })} sent a list of models that is not JSON.`,
        {
          provider: config.name,
          cause: error,
        },
      )
    } finally {
      clearTimeout(timer)
      forget()
    }
  }

  return {
    config,
    stream: (call) =>
      call.request.stream && call.request.operation === 'chat' ? streamed(call) : whole(call),
    models,
    credential: () => credentialOf(config, lookup),
  }
}

/** A server that does not know `stream` answers with a document: the caller still gets events. */
function asStream(chunk: Chunk, { legacy }: ProviderConfig): Chunk {
  const document =
    legacy || !chunk.raw ? undefined : losslessObject(Buffer.from(chunk.raw).toString())
  return document
    ? { ...chunk, raw: framesOf(document, { epochSeconds: Math.floor(Date.now() / 1000) }) }
    : chunk
}
