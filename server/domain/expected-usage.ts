import type { Ticks } from './money.ts'
import { type ModelPrice, priceByTable } from './price.ts'
import type { Hold } from './request-record.ts'
import type { TokenUsage } from './usage.ts'

/** A token of English text is some four bytes long (OpenAI's rule of thumb). */
const bytesPerToken = 4
/** What an answer has where nobody knows better. */
const usualAnswerTokens = 500

/**
 * What a call will probably use, to compare targets by: not a bound, and never what is reserved or charged.
 *
 * @param hold What it can use at most: its input in bytes, and the limit of its output.
 * @param usualOutputTokens What answers of that model have had.
 */
export function expectedUsage(
  { inputTokens, outputTokens }: Pick<Hold, 'inputTokens' | 'outputTokens'>,
  usualOutputTokens: number = usualAnswerTokens,
): TokenUsage {
  return {
    inputTokens: Math.ceil(inputTokens / bytesPerToken),
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: Math.min(outputTokens, Math.ceil(usualOutputTokens)),
    reasoningOutputTokens: 0,
    source: 'ESTIMATED',
  }
}

/** What that would cost, in ticks; null where no price is known. */
export function expectedCost(usage: TokenUsage, price: ModelPrice | undefined): Ticks | null {
  return price ? priceByTable(usage, price).total : null
}
