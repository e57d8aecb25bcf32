import type { ModelRequest } from './chat.ts'
import { GatewayError } from './errors.ts'
import { worstCase, type Cost, type ModelPrice, unpriced } from './price.ts'
import type { AttemptOpening, HeldWindow, Hold } from './request-record.ts'
import type { Demand } from './reservation.ts'
import type { TokenUsage } from './usage.ts'
import { utf8Bytes } from './utf8-bytes.ts'

/** Tokens that a provider may have produced beyond what had arrived when a stream was cut. */
const inFlightTokens = 64
/** No provider is known to produce more for one answer (the fastest hosts reach some 3,000 a second). */
const mostTokensPerMs = 4
/** No model gives more in one answer, whatever is asked for. */
const mostAnswerTokens = 1_000_000

/** The most that one attempt can use and cost. Bytes of the request bound its tokens: no tokeniser makes more. */
export function holdFor(
  request: ModelRequest,
  { price, maxOutputTokens }: { price: ModelPrice | undefined; maxOutputTokens: number },
): Hold {
  const inputTokens = utf8Bytes(request.text)
  const outputTokens =
    request.operation === 'embeddings' ? 0 : outputLimit(request, maxOutputTokens)
  return {
    inputTokens,
    outputTokens,
    cost: price
      ? worstCase(price, { inputBytes: inputTokens, maxOutputTokens: outputTokens })
      : null,
    priceVersion: price?.version ?? null,
  }
}

/** Fewer output tokens than that are not worth asking for (and some providers refuse to be asked). */
const leastUsefulTokens = 16

/** What a target is known by when something is set aside for it. */
export interface BoundedTarget {
  readonly price: ModelPrice | undefined
  readonly maxOutputTokens: number
  /** The model's context window; undefined where nobody knows it. */
  readonly maxInputTokens?: number | undefined
}

/**
 * What must be set aside for an attempt that a limit may refuse: like `holdFor`, but at most what the model can give,
 * however much was asked for, and what bytes do not bound (images, audio, files) is bounded by its context window.
 *
 * @param defaultOutputTokens Taken where the caller asks for no limit; else the model's own.
 * @throws {GatewayError} INVALID_REQUEST where nothing bounds it: media for a model whose window nobody knows, and
 *   tools that the provider runs and bills by itself.
 */
export function demandFor(
  request: ModelRequest,
  target: BoundedTarget,
  { defaultOutputTokens }: { defaultOutputTokens?: number | undefined } = {},
): Demand {
  const { body } = request
  const { maxOutputTokens } = target
  const perCall =
    request.operation === 'embeddings'
      ? 0
      : Math.min(
          outputLimit(request, defaultOutputTokens ?? maxOutputTokens),
          maxOutputTokens * choicesOf(body),
        )
  return {
    inputTokens: hasMedia(body) ? windowOf(target, request) : utf8Bytes(request.text),
    outputTokens: perCall,
    leastOutputTokens: Math.min(perCall, leastUsefulTokens * choicesOf(body)),
    price: target.price,
  }
}

/** An attempt that holds what was granted, and no more. */
export function grantedAttempt(
  attempt: AttemptOpening,
  { inputTokens, price }: Demand,
  { outputTokens, windows }: { outputTokens: number; windows: readonly HeldWindow[] },
): AttemptOpening {
  const cost = price
    ? worstCase(price, { inputBytes: inputTokens, maxOutputTokens: outputTokens })
    : null
  const hold = { inputTokens, outputTokens, cost, priceVersion: price?.version ?? null }
  return { ...attempt, hold, ...(windows.length > 0 && { windows }) }
}

/** Refuses what the provider bills by itself, whatever the tokens are. */
export function refuseUnboundedTools({ body }: ModelRequest): void {
  const tools = Array.isArray(body['tools']) ? body['tools'] : []
  const isServerSide = (tool: unknown) =>
    typeof tool === 'object' &&
    tool !== null &&
    !Array.isArray(tool) &&
    'type' in tool &&
    tool.type !== 'function' &&
    tool.type !== 'custom'
  const asked = billedExtras.find((name) => body[name] !== undefined && body[name] !== null)
  if (asked === undefined && !tools.some(isServerSide)) return
  throw new GatewayError(
    'INVALID_REQUEST',
    `${asked ?? 'A tool that the provider runs'} can cost any amount, and a blocking budget applies to this call: leave it out, or use a key without one.`,
  )
}

/** Fields that make a provider search or work on its own account, or answer by another model. */
const billedExtras = [
  'web_search_options',
  'search_parameters',
  'plugins',
  'models',
  'preset',
] as const

function windowOf({ maxInputTokens }: BoundedTarget, { model }: ModelRequest): number {
  if (maxInputTokens !== undefined) return maxInputTokens
  throw new GatewayError(
    'INVALID_REQUEST',
    `Nobody knows how many tokens images or audio can be for ${model}, and a blocking limit applies to this call: send text, or use a model whose context window is known.`,
  )
}

function hasMedia({ messages }: ModelRequest['body']): boolean {
  if (!Array.isArray(messages)) return false
  return messages.some(
    ({ audio, content }) =>
      (audio ?? null) !== null || (Array.isArray(content) && content.some(isMedia)),
  )
}

/** What does not say that it is text may be anything: some servers take parts without a type. */
const isMedia = (part: unknown): boolean =>
  typeof part === 'object' &&
  part !== null &&
  !('type' in part && (part.type === 'text' || part.type === 'refusal'))

/** How many answers are asked for. Digits in quotes count, as they do for some servers (v0.7.2 let them pass). */
export const choicesOf = ({ n }: ModelRequest['body']): number =>
  whole(typeof n === 'string' ? Number(n) : n) ?? 1

function outputLimit({ body }: ModelRequest, unasked: number): number {
  const asked = whole(body['max_completion_tokens']) ?? whole(body['max_tokens']) ?? unasked
  return Math.min(Math.min(asked, mostAnswerTokens) * choicesOf(body), 2 ** 31 - 1)
}

function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

/**
 * Counts for ourselves what the provider did not tell: an upper bound, never below its bill and never above the hold.
 *
 * @param producedBytes UTF-8 bytes of what arrived.
 * @param complete Whether the answer had come to its end.
 * @param unseenMs How long the provider may have worked without anything of it arriving: on a whole answer that was
 *   cut, or on thoughts that it keeps to itself.
 * @param choices How many answers were asked for: they are produced side by side.
 */
export function estimateUsage(
  hold: Hold,
  {
    producedBytes,
    complete,
    unseenMs,
    choices,
  }: { producedBytes: number; complete: boolean; unseenMs: number; choices: number },
): TokenUsage {
  const unseen = Math.ceil(Math.max(0, unseenMs) * mostTokensPerMs) * choices
  const produced = producedBytes + unseen + (complete ? 0 : inFlightTokens)
  return {
    inputTokens: hold.inputTokens,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: Math.min(produced, hold.outputTokens),
    reasoningOutputTokens: 0,
    source: 'ESTIMATED',
  }
}

/** Prices an estimate at the dearest rates, so that it stays an upper bound. */
export function estimateCost(usage: TokenUsage, price: ModelPrice | undefined): Cost {
  if (!price) return unpriced
  const total = worstCase(price, {
    inputBytes: usage.inputTokens,
    maxOutputTokens: usage.outputTokens,
  })
  return { ...unpriced, total, source: 'PRICE_TABLE', priceVersion: price.version }
}
