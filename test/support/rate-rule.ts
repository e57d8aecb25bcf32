import type { RateLimitRule } from '#domain/rate-limit.ts'

/** A rule of 60 requests a minute for all calls together, but for what the test says. */
export const rateRule = (over: Partial<RateLimitRule> = {}): RateLimitRule => ({
  name: 'rule',
  unit: 'REQUESTS',
  limit: 60,
  windowS: 60,
  each: undefined,
  only: {},
  onLimit: 'REFUSE',
  maxWaitMs: 30_000,
  assumedOutputTokens: 4096,
  ...over,
})
