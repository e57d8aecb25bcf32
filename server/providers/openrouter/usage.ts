import type { JsonObject } from '#domain/chat.ts'
import type { Ticks } from '#domain/money.ts'
import { usdFrom } from '../openai-wire/usage.ts'

/**
 * `cost` is what OpenRouter bills, in US dollars. With the caller's own key at the vendor behind it (`is_byok`) it is
 * only the fee: the vendor's bill comes on top, and where that is not told, the cost is not known.
 */
export function openRouterCost(
  usage: JsonObject,
  digits: (...path: string[]) => string | undefined,
): Ticks | undefined {
  const cost = usdFrom(digits('cost'))
  if (cost === undefined || usage['is_byok'] !== true) return cost
  const behind = usdFrom(digits('cost_details', 'upstream_inference_cost'))
  return behind === undefined ? undefined : cost + behind
}
