import type { JsonObject } from '#domain/chat.ts'
import { findMember } from '#domain/json-text.ts'
import { parseUsd, type Ticks } from '#domain/money.ts'
import { normalUsage, tokenCount, type TokenUsage } from '#domain/usage.ts'
import { objectOf } from './shape.ts'

/** Usage as OpenAI sends it: the prompt includes its cached and written parts, the completion its reasoning. */
export function openAiUsage(usage: JsonObject): TokenUsage | undefined {
  const prompt = objectOf(usage['prompt_tokens_details'])
  return normalUsage({
    inputTokens: usage['prompt_tokens'],
    cacheReadInputTokens: prompt?.['cached_tokens'],
    cacheWriteInputTokens: prompt?.['cache_write_tokens'],
    outputTokens: completionTokens(usage),
    reasoningOutputTokens: objectOf(usage['completion_tokens_details'])?.['reasoning_tokens'],
  })
}

/**
 * Usage of vendors whose completion excludes its reasoning. Where the total says that this once it was included, the
 * total is believed.
 */
export function usageWithReasoningApart(
  usage: JsonObject,
  reasoningTokens: unknown,
): TokenUsage | undefined {
  const normal = openAiUsage(usage)
  const reasoning = tokenCount(reasoningTokens ?? 0)
  if (!normal || reasoning === undefined) return undefined
  const [prompt, completion] = [Number(usage['prompt_tokens']), Number(usage['completion_tokens'])]
  const included = usage['total_tokens'] === prompt + completion
  return {
    ...normal,
    outputTokens: included ? Math.max(completion, reasoning) : completion + reasoning,
    reasoningOutputTokens: reasoning,
  }
}

/** An answer without a completion, such as embeddings, says nothing of its tokens: there are none. */
function completionTokens(usage: JsonObject): unknown {
  const { completion_tokens: completion, prompt_tokens: prompt, total_tokens: total } = usage
  return completion === undefined && prompt !== undefined && total === prompt ? 0 : completion
}

/** The source text of a number somewhere in a JSON object, digit for digit; undefined where there is no number. */
export function digitsAt(text: string, path: readonly string[]): string | undefined {
  let value = text
  for (const name of path) {
    const range = findMember(value, name)
    if (!range) return undefined
    value = value.slice(range.start, range.end)
  }
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? value : undefined
}

/** US dollars from the digits that a provider sent; undefined for what is no amount of 0 or more. */
export function usdFrom(digits: string | undefined): Ticks | undefined {
  if (digits === undefined || digits.startsWith('-')) return undefined
  try {
    return parseUsd(digits)
  } catch {
    return undefined
  }
}
