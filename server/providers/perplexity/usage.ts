import type { JsonObject } from '#domain/chat.ts'
import type { Ticks } from '#domain/money.ts'
import { normalUsage, type TokenUsage } from '#domain/usage.ts'
import { objectOf } from '../openai-wire/shape.ts'
import { digitsAt, usdFrom } from '../openai-wire/usage.ts'

/**
 * Usage of the Agent API: the input includes its cached and written parts. Where the total says that for once it does
 * not, the total is believed.
 */
export function agentUsage(usage: JsonObject): TokenUsage | undefined {
  const details = objectOf(usage['input_tokens_details'])
  const normal = normalUsage({
    inputTokens: usage['input_tokens'],
    cacheReadInputTokens: details?.['cache_read_input_tokens'],
    cacheWriteInputTokens: details?.['cache_creation_input_tokens'],
    outputTokens: usage['output_tokens'],
    reasoningOutputTokens: objectOf(usage['output_tokens_details'])?.['reasoning_tokens'],
  })
  if (!normal) return undefined
  const apart = normal.cacheReadInputTokens + normal.cacheWriteInputTokens
  const input = Number(usage['input_tokens'])
  const isApart =
    apart > 0 && usage['total_tokens'] === input + apart + Number(usage['output_tokens'])
  return isApart ? { ...normal, inputTokens: input + apart } : normal
}

/**
 * What Perplexity says it billed, tools included.
 *
 * @param text Source of the document or event.
 * @param path Where the usage stands in it. Amounts in another currency than USD are none.
 */
export function agentCost(
  usage: JsonObject,
  { text, path }: { text: string; path: readonly string[] },
): Ticks | undefined {
  if (objectOf(usage['cost'])?.['currency'] !== 'USD') return undefined
  return usdFrom(digitsAt(text, [...path, 'cost', 'total_cost']))
}
