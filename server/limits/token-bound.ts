import { holdFor } from '#domain/hold.ts'
import type { RateLimitRule } from '#domain/rate-limit.ts'
import type { Call } from '#gateway/call.ts'

/**
 * The tokens that a call takes before it runs: as many as its text has bytes, and its limit on the output. Where it
 * states none, what the rule assumes stands for the model's own limit, which is so far above what answers need that a
 * few calls would take up any window.
 */
export function tokenBound(
  { assumedOutputTokens }: RateLimitRule,
  { request, targets }: Pick<Call, 'request' | 'targets'>,
): number {
  const modelLimit = targets[0]?.maxOutputTokens ?? assumedOutputTokens
  const maxOutputTokens = Math.min(modelLimit, assumedOutputTokens)
  const { inputTokens, outputTokens } = holdFor(request, { price: undefined, maxOutputTokens })
  return inputTokens + outputTokens
}
