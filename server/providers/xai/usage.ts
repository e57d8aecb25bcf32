import type { JsonObject } from '#domain/chat.ts'
import type { Ticks } from '#domain/money.ts'
import type { TokenUsage } from '#domain/usage.ts'
import { objectOf } from '../openai-wire/shape.ts'
import { usageWithReasoningApart } from '../openai-wire/usage.ts'

/** xAI's completion excludes its reasoning; more tokens can be cached than the prompt has. */
export function xaiUsage(usage: JsonObject): TokenUsage | undefined {
  const details = objectOf(usage['completion_tokens_details'])
  return usageWithReasoningApart(usage, details?.['reasoning_tokens'] ?? usage['reasoning_tokens'])
}

/** `cost_in_usd_ticks` is the amount billed, discounts and server-side tools included: whole ticks of 1e-10 USD. */
export function xaiCost(
  _: JsonObject,
  digits: (...path: string[]) => string | undefined,
): Ticks | undefined {
  const ticks = digits('cost_in_usd_ticks')
  return ticks !== undefined && /^\d{1,18}$/.test(ticks) ? BigInt(ticks) : undefined
}
