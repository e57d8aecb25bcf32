import type { Cancellation } from '#domain/cancellation.ts'
import type { ChatEvent, Chunk } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import type { ProviderAdapter, ProviderAnswer, ProviderRequest } from '../adapter.ts'
import { refusalOf } from '../openai-wire/errors.ts'
import { oneChunk } from '../openai-wire/one-chunk.ts'
import { failure } from '../upstream-failure.ts'
import { chanceOf, hashOf } from './chance.ts'
import { embeddingsChunk } from './embeddings.ts'
import { fateOf, type RefusalStatus, simulatedModels } from './models.ts'
import { longestAnswer, type Script, scriptFor } from './script.ts'

export interface SimulatorTools {
  readonly clock: {
    epochMs(): number
    /** Calls `tick` every `ms` until the returned function is called. */
    every(ms: number, tick: () => void): () => void
  }
  /** Numbers from 0 up to 1. */
  readonly random: () => number
}

interface Setting {
  readonly call: ProviderRequest
  readonly provider: string
  readonly clock: SimulatorTools['clock']
  readonly wordMs: number
}

const contextWindow = 128_000

/**
 * A provider inside the product, so that everything can be tried without a key, a cent or a network. It streams
 * plausible answers with latency, usage and, by the model's name, failures. At temperature 0 the same request has the
 * same answer.
 */
export function createSimulatorAdapter(
  config: ProviderConfig,
  { clock, random }: SimulatorTools,
): ProviderAdapter {
  async function stream(call: ProviderRequest): Promise<ProviderAnswer> {
    const { request, cancellation } = call
    const model = simulatedModels.find(({ id }) => id === call.model)
    if (!model) throw unknownModel(config.name, call.model)
    if (cancellation.reason) throw cancellation.reason
    const chance = chanceOf(request.body, { model: model.id, random })
    const fate = fateOf(model, chance)
    const script = scriptFor(request.body, { model, fate, random: chance })
    call.onSent()
    const setting = { call, provider: config.name, clock, wordMs: model.wordMs }
    if (fate === 'silent') return never(cancellation)
    await pause(script.firstTokenMs, setting)
    if (typeof fate === 'number') throw refusal(fate, setting)
    if ((fate === 'embedding') !== (request.operation === 'embeddings')) throw refusal(400, setting)
    if (fate === 'embedding')
      return answerOf(call, oneChunk(embeddingsChunk(request.body, `${config.name}:${model.id}`)))
    const breaks = fate === 'cut' || fate === 'stall' ? fate : undefined
    return answerOf(
      call,
      request.stream
        ? spoken(script, { ...setting, breaks })
        : whole(script, { ...setting, breaks }),
    )
  }

  return {
    config,
    stream,
    models: () =>
      Promise.resolve(
        simulatedModels.map(({ id }) => ({ id, contextWindow, maxOutputTokens: longestAnswer })),
      ),
    credential: () => 'NOT_NEEDED',
  }
}

async function* spoken(
  { pieces, end }: Script,
  { breaks, ...setting }: Setting & { breaks: 'cut' | 'stall' | undefined },
): AsyncGenerator<Chunk, void> {
  const last = breaks === undefined ? pieces.length : Math.ceil(pieces.length / 2)
  for (const [index, piece] of pieces.slice(0, last).entries()) {
    if (index > 0) await pause(setting.wordMs, setting)
    yield { events: [piece], producedBytes: bytesOf(piece) }
  }
  if (breaks === 'stall') await never(setting.call.cancellation)
  if (breaks === 'cut') throw cutOff(setting)
  yield { events: [], producedBytes: 0, end }
}

async function* whole(
  script: Script,
  { breaks, ...setting }: Setting & { breaks: 'cut' | 'stall' | undefined },
): AsyncGenerator<Chunk, void> {
  const { pieces, end } = script
  if (pieces.length > 1) await pause((pieces.length - 1) * setting.wordMs, setting)
  if (breaks === 'stall') await never(setting.call.cancellation)
  if (breaks === 'cut') throw cutOff(setting)
  const producedBytes = pieces.reduce((sum, piece) => sum + bytesOf(piece), 0)
  yield { events: pieces, producedBytes, end }
}

function answerOf(call: ProviderRequest, chunks: AsyncIterable<Chunk>): ProviderAnswer {
  return {
    status: 200,
    upstreamRequestId: `sim-${hashOf(call.id).toString(16)}`,
    headers: {},
    chunks,
  }
}

function bytesOf(piece: ChatEvent): number {
  switch (piece.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return Buffer.byteLength(piece.text)
    case 'tool-call':
      return Buffer.byteLength(piece.argumentsDelta) + Buffer.byteLength(piece.name ?? '')
    case 'citation':
      return 0
  }
}

/** Lets time pass; rejects with the reason of a cancellation. */
function pause(ms: number, { call, clock }: Pick<Setting, 'call' | 'clock'>): Promise<void> {
  return new Promise((resolve, reject) => {
    let forget: (() => void) | undefined
    const stop = clock.every(ms, () => {
      stop()
      forget?.()
      resolve()
    })
    forget = call.cancellation.onCancel((reason) => {
      stop()
      reject(reason)
    })
  })
}

function never(cancellation: Cancellation): Promise<never> {
  return new Promise((_, reject) => cancellation.onCancel(reject))
}

const refusals: Readonly<Record<RefusalStatus, { code: string; message: string }>> = {
  400: { code: 'invalid_request_error', message: 'the simulator refuses this request, as asked' },
  401: { code: 'invalid_api_key', message: 'the simulator takes no key for this model, as asked' },
  402: { code: 'insufficient_quota', message: 'the simulator has no credit left, as asked' },
  404: { code: 'model_not_found', message: 'the simulator does not find this model, as asked' },
  429: { code: 'rate_limit_exceeded', message: 'the simulator is asked too often, as asked' },
  500: { code: 'server_error', message: 'the simulator failed, as asked' },
  503: { code: 'server_is_overloaded', message: 'the simulator is overloaded, as asked' },
}

function refusal(status: RefusalStatus, { call, provider, clock }: Setting): GatewayError {
  const { code, message } = refusals[status]
  const body = Buffer.from(JSON.stringify({ error: { message, type: code, param: null, code } }))
  const headers = {
    'content-type': 'application/json',
    ...((status === 429 || status === 503) && { 'retry-after': '1' }),
  }
  return refusalOf({ status, headers, body }, { provider, model: call.model }, clock.epochMs())
}

function cutOff({ call, provider }: Setting): GatewayError {
  const message = `${provider} (${call.model}) cut its answer off, as asked; try another model.`
  return failure('PROVIDER_NETWORK', message, { provider, model: call.model })
}

function unknownModel(provider: string, model: string): GatewayError {
  const names = simulatedModels.map(({ id }) => id).join(', ')
  return new GatewayError(
    'MODEL_NOT_FOUND',
    `${provider} has no model ${model}; there are: ${names}.`,
    { provider, model },
  )
}
