import { administrator, type Viewer } from '#domain/access.ts'
import type { AnswerEnd, Chunk, ModelRequest } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import type { ModelPrice } from '#domain/price.ts'
import { noResilience } from '#domain/resilience.ts'
import type { AttemptOpening, RequestOpening, RequestRecord } from '#domain/request-record.ts'
import type { CallRequest, Target } from '#gateway/call.ts'
import { createGateway, type Gateway } from '#gateway/complete.ts'
import type { Allowances, CallRecords, Clock, RateLimits, Replies } from '#gateway/ports.ts'
import { createSlotQueue, type SlotQueue } from '#gateway/slots.ts'
import type { ProviderAdapter, ProviderAnswer, ProviderRequest } from '#providers/adapter.ts'
import { routesTo } from './a-route.ts'
import { MemoryReplies } from './memory-replies.ts'

export const adminViewer: Viewer = administrator({ apiKeyId: null, displayName: 'test' })

/** A clock that moves only when told. */
export class FakeClock implements Clock {
  #now = 0
  readonly #ticks = new Set<{ ms: number; next: number; tick: () => void }>()

  now(): number {
    return this.#now
  }

  epochMs(): number {
    return 1_790_000_000_000 + this.#now
  }

  every(ms: number, tick: () => void): () => void {
    const entry = { ms, next: this.#now + ms, tick }
    this.#ticks.add(entry)
    return () => this.#ticks.delete(entry)
  }

  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const due = [...this.#ticks]
        .filter(({ next }) => next <= until)
        .toSorted((a, b) => a.next - b.next)[0]
      if (!due) break
      this.#now = due.next
      due.next += due.ms
      due.tick()
    }
    this.#now = until
  }

  get timers(): number {
    return this.#ticks.size
  }
}

export const noRateLimits: RateLimits = { take: () => undefined }

/** Keeps records in memory, in the order in which they were written. */
export class MemoryRecords implements CallRecords {
  readonly begun: { request: RequestOpening; attempt: AttemptOpening }[] = []
  readonly ended: RequestRecord[] = []

  async begin(request: RequestOpening, attempt: AttemptOpening): Promise<AttemptOpening> {
    this.begun.push({ request, attempt })
    return attempt
  }

  async end(record: RequestRecord): Promise<void> {
    this.ended.push(record)
  }
}

export const noAllowances: Allowances = { of: () => [], allowUnpriced: false }

export const testPrice: ModelPrice = {
  version: 'test-2026-11-01',
  effectiveFrom: '2026-11-01T00:00:00Z',
  input: 10_000_000_000n,
  output: 40_000_000_000n,
  cacheRead: 1_000_000_000n,
}

export const providerConfig: ProviderConfig = {
  name: 'openai',
  kind: 'OPENAI',
  priceList: 'openai',
  baseUrl: 'http://127.0.0.1:1',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  embeddingsPath: '/embeddings',
  headers: {},
  apiKeyEnv: undefined,
  timeouts: { connectMs: 5000, firstTokenMs: 30_000, stallMs: 30_000, totalMs: 600_000 },
  legacy: false,
}

/** A provider that does what the test says. */
export function scriptedAdapter(
  stream: (call: ProviderRequest) => Promise<ProviderAnswer>,
  config: Partial<ProviderConfig> = {},
): ProviderAdapter {
  return {
    config: { ...providerConfig, ...config },
    stream,
    models: async () => [],
    credential: () => 'PRESENT',
  }
}

export const answerOf = (chunks: AsyncIterable<Chunk>): ProviderAnswer => ({
  status: 200,
  upstreamRequestId: 'req-1',
  headers: {},
  chunks,
})

export const textChunk = (text: string): Chunk => ({
  events: [{ type: 'text', text }],
  producedBytes: Buffer.byteLength(text),
})

export const endChunk = (end: Partial<AnswerEnd> = {}): Chunk => ({
  events: [],
  producedBytes: 0,
  end: {
    finishReason: 'STOP',
    usage: {
      inputTokens: 10,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: 5,
      reasoningOutputTokens: 0,
      source: 'PROVIDER_REPORTED',
    },
    ...end,
  },
})

/** A chat request as a surface would hand it in. */
export function callRequest(over: Partial<ModelRequest> & { id?: string } = {}): CallRequest {
  const { id = '019a0000-0000-7000-8000-000000000001', ...request } = over
  const body = {
    model: 'openai:gpt-test',
    messages: [{ role: 'user', content: 'hi' }],
    max_tokens: 50,
  }
  return {
    id,
    viewer: adminViewer,
    surface: 'OPENAI_CHAT',
    priority: 'NORMAL',
    clientIp: null,
    endUser: null,
    sessionId: null,
    tags: [],
    metadata: null,
    traceId: null,
    request: {
      operation: 'chat',
      model: body.model,
      stream: true,
      text: JSON.stringify(body),
      body,
      ...request,
    },
  }
}

export interface FakeGateway {
  readonly gateway: Gateway
  readonly records: MemoryRecords
  readonly clock: FakeClock
  readonly slots: SlotQueue
  readonly observed: RequestRecord[]
}

/** The real gateway around one scripted provider, with records in memory. */
export function fakeGateway(
  adapter: ProviderAdapter,
  {
    allowances = noAllowances,
    maxConcurrency = 0,
    limits = noRateLimits,
    price = testPrice,
    thinks = false,
    records = new MemoryRecords(),
    replies = new MemoryReplies(),
  }: {
    allowances?: Allowances
    maxConcurrency?: number
    limits?: RateLimits
    price?: ModelPrice | null
    thinks?: boolean
    records?: MemoryRecords
    replies?: Replies
  } = {},
): FakeGateway {
  const clock = new FakeClock()
  const slots = createSlotQueue(maxConcurrency, { clock })
  const observed: RequestRecord[] = []
  const target: Target = {
    adapter,
    model: 'gpt-test',
    price: price ?? undefined,
    maxOutputTokens: 1000,
    thinks,
    simulated: false,
    resilience: noResilience,
  }
  const gateway = createGateway({
    replies,
    records,
    allowances,
    clock,
    limits,
    slots,
    routes: routesTo([target]),
    observer: {
      callStarted: () => {},
      attemptStarted: () => {},
      callEnded: (record) => observed.push(record),
    },
  })
  return { gateway, records, clock, slots, observed }
}
