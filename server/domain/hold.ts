import type { ModelRequest } from './chat.ts'
import { worstCase, type Cost, type ModelPrice, unpriced } from './price.ts'
import type { Hold } from './request-record.ts'
import type { TokenUsage } from './usage.ts'

/** Tokens that a provider may have produced beyond what had arrived when a stream was cut. */
const inFlightTokens = 64

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

function outputLimit({ body }: ModelRequest, modelLimit: number): number {
  const asked = whole(body['max_completion_tokens']) ?? whole(body['max_tokens']) ?? modelLimit
  return Math.min(asked * (whole(body['n']) ?? 1), 2 ** 31 - 1)
}

function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

/**
 * Counts for ourselves what the provider did not tell: an upper bound, never below its bill and never above the hold.
 *
 * @param producedBytes UTF-8 bytes of what arrived; undefined where nothing can be known (a whole answer that was
 *   cut), which counts as the hold.
 * @param complete Whether the answer had come to its end.
 */
export function estimateUsage(
  hold: Hold,
  { producedBytes, complete }: { producedBytes: number | undefined; complete: boolean },
): TokenUsage {
  const produced =
    producedBytes === undefined
      ? hold.outputTokens
      : producedBytes + (complete ? 0 : inFlightTokens)
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

function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}
