import type { JsonObject } from '#domain/chat.ts'
import type { Ticks } from '#domain/money.ts'
import type { TokenUsage } from '#domain/usage.ts'
import type { Dialect } from '../openai-wire/dialect.ts'
import { usageWithReasoningApart, usdFrom } from '../openai-wire/usage.ts'

/**
 * Perplexity's Sonar, retired in September 2026 and still named in old configurations: usage can stand in each event,
 * reasoning stands beside it, and the whole bill, request fee included, is in `cost`.
 */
export const sonar: Dialect = {
  usage: sonarUsage,
  reportedCost: sonarCost,
  sendsUsageUnasked: true,
}

function sonarUsage(usage: JsonObject): TokenUsage | undefined {
  return usageWithReasoningApart(usage, usage['reasoning_tokens'])
}

function sonarCost(
  _: JsonObject,
  digits: (...path: string[]) => string | undefined,
): Ticks | undefined {
  return usdFrom(digits('cost', 'total_cost'))
}
