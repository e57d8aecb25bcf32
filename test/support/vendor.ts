import { readFileSync } from 'node:fs'
import { Cancellation } from '#domain/cancellation.ts'
import type { AnswerEnd, ChatEvent, Chunk, JsonObject } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import type { ProviderAdapter, ProviderAnswer, ProviderRequest } from '#providers/adapter.ts'
import type { MalformedListener } from '#providers/malformed-events.ts'
import { createUpstream, type Upstream } from '#providers/upstream.ts'
import { providerConfig } from '#test/support/fake-gateway.ts'
import { httpAnswer, type RawServer, rawServer, type RawStep } from '#test/support/raw-server.ts'

export type AdapterFactory = (
  config: ProviderConfig,
  tools: {
    upstream: Upstream
    lookup: (name: string) => string | undefined
    malformed?: MalformedListener
  },
) => ProviderAdapter

/** A recorded answer: `openai/text.json`. */
export function fixture(path: string): Buffer {
  return readFileSync(new URL(`../fixtures/providers/${path}`, import.meta.url))
}

/** The fixture as an HTTP answer, with the content-type of its kind. */
export function fixtureAnswer(
  path: string,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Buffer {
  const contentType = path.endsWith('.sse')
    ? 'text/event-stream; charset=utf-8'
    : 'application/json'
  return httpAnswer(fixture(path), { status, headers: { 'content-type': contentType, ...headers } })
}

/** An answer read to its end, or to where it broke off. */
export interface ReadAnswer {
  readonly answer: ProviderAnswer
  readonly chunks: readonly Chunk[]
  readonly events: readonly ChatEvent[]
  readonly raw: string
  readonly producedBytes: number
  readonly end: AnswerEnd | undefined
  readonly error: GatewayError | undefined
}

export async function readAnswer(answer: ProviderAnswer): Promise<ReadAnswer> {
  const chunks: Chunk[] = []
  let error: GatewayError | undefined
  try {
    for await (const chunk of answer.chunks) chunks.push(chunk)
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    error = thrown
  }
  return {
    answer,
    chunks,
    error,
    events: chunks.flatMap(({ events }) => events),
    raw: Buffer.concat(chunks.map(({ raw }) => raw ?? Buffer.alloc(0))).toString(),
    producedBytes: chunks.reduce((sum, chunk) => sum + chunk.producedBytes, 0),
    end: chunks.at(-1)?.end,
  }
}

/** An adapter before a scripted provider. */
export interface Vendor {
  readonly adapter: ProviderAdapter
  readonly server: RawServer
  /** Sends a call and reads its answer; `body` is what the caller sends besides the model. */
  ask(body?: JsonObject, over?: Partial<ProviderRequest>): Promise<ReadAnswer>
  /** The error with which a call ends before there is an answer. */
  refused(body?: JsonObject): Promise<GatewayError>
  /** The body of the nth request. */
  sent(index?: number): string
  stop(): Promise<void>
}

export async function vendor(
  create: AdapterFactory,
  {
    config = {},
    keys = {},
    script,
  }: {
    config?: Partial<ProviderConfig>
    keys?: Record<string, string>
    script: readonly RawStep[]
  },
): Promise<Vendor> {
  const server = await rawServer(script)
  const upstream = createUpstream()
  const adapter = create(
    { ...providerConfig, baseUrl: `${server.origin}/v1`, ...config },
    { upstream, lookup: (name) => keys[name] },
  )
  const ask: Vendor['ask'] = async (body = {}, over = {}) =>
    readAnswer(await adapter.stream(callOf(adapter, body, over)))
  return {
    adapter,
    server,
    ask,
    async refused(body) {
      try {
        await ask(body)
      } catch (error) {
        if (error instanceof GatewayError) return error
        throw error
      }
      throw new Error('the call was answered')
    },
    sent: (index = 0) => server.requests[index]?.split('\r\n\r\n')[1] ?? '',
    async stop() {
      await upstream.close()
      await server.stop()
    },
  }
}

function callOf(
  { config }: ProviderAdapter,
  more: JsonObject,
  over: Partial<ProviderRequest>,
): ProviderRequest {
  const body: JsonObject = {
    model: `${config.name}:some-model`,
    messages: [{ role: 'user', content: 'hi' }],
    ...more,
  }
  return {
    id: '019a0000-0000-7000-8000-000000000001',
    model: 'some-model',
    cancellation: new Cancellation(),
    onSent: () => {},
    request: {
      operation: 'chat',
      model: `${config.name}:some-model`,
      stream: body['stream'] === true,
      text: JSON.stringify(body),
      body,
      ...over.request,
    },
    ...over,
  }
}

/** What a stream's caller reads, put together. */
export function textOfEvents(
  events: readonly ChatEvent[],
  type: 'text' | 'reasoning' | 'refusal' = 'text',
): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('')
}
