import type { Cancellation } from '#domain/cancellation.ts'
import type { ModelCapability } from '#domain/catalogued-model.ts'
import type { Chunk, ModelRequest } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'

/** A call as one provider gets it: the request with `model` to be replaced by the provider's own name for it. */
export interface ProviderRequest {
  /** The gateway's request id, for provider-side tracing where a vendor offers a field for it. */
  readonly id: string
  readonly request: ModelRequest
  /** The model's name without the gateway's prefix. */
  readonly model: string
  /** Aborts the upstream call; the pending promise or iteration then rejects with its reason. */
  readonly cancellation: Cancellation
  /** Called once, just before the first byte may reach the provider's socket. From then on the call may be billed. */
  readonly onSent: () => void
}

/** What is known when a provider has begun to answer. */
export interface ProviderAnswer {
  readonly status: number
  readonly upstreamRequestId: string | null
  /** Lower-case names: Retry-After, rate limits. Only these are passed on to callers. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The answer as it arrives. A whole answer is one chunk. The last chunk carries `end`.
   *
   * @throws {GatewayError} PROVIDER_PROTOCOL, PROVIDER_NETWORK, or the provider's in-band error, where the answer
   *   breaks off: an answer never ends silently without `end`.
   */
  readonly chunks: AsyncIterable<Chunk>
}

/** A model as the provider's own list names it. */
export interface ListedModel {
  readonly id: string
  readonly contextWindow?: number | undefined
  readonly maxOutputTokens?: number | undefined
  /** Absent: the list does not say. */
  readonly capabilities?: readonly ModelCapability[] | undefined
}

/** One vendor's way of speaking. Adapters hold no state of a call and decide nothing about retries. */
export interface ProviderAdapter {
  readonly config: ProviderConfig
  /**
   * Sends a call. Everything streams: where `request.stream` is false and the vendor speaks OpenAI's wire format,
   * the answer is one chunk with the vendor's document.
   *
   * @throws {GatewayError} When the provider refuses, cannot be reached or answers nonsense.
   */
  stream(call: ProviderRequest): Promise<ProviderAnswer>
  /** The provider's free list of models; also its health check. */
  models(cancellation: Cancellation): Promise<readonly ListedModel[]>
  /** Whether it has what it needs to be called: NOT_NEEDED for providers without keys. */
  credential(): 'PRESENT' | 'MISSING' | 'NOT_NEEDED'
}
