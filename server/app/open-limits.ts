import type { CurrentConfig } from '#config/current.ts'
import type { GatewayConfig } from '#domain/config.ts'
import type { RateLimits } from '#gateway/ports.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { memoryCounters } from '#limits/memory-counters.ts'
import { createRateLimits } from '#limits/rate-limits.ts'
import { connectRedis } from '#limits/redis-connection.ts'
import { redisCounters } from '#limits/redis-counters.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Env } from '#server/env.ts'

export interface Limits {
  readonly limits: RateLimits
  close(): void
}

/** Holds calls to the rate limits of the configuration in force: in this process, or in Redis for all replicas. */
export function openLimits(
  { REDIS_URL }: Env,
  { config, log }: { config: CurrentConfig; log: Log },
): Limits {
  const now = () => clock.now()
  const redis = REDIS_URL === undefined ? undefined : connectRedis(REDIS_URL, log)
  const limits = createRateLimits({
    countersFor: redis ? redisCounters(redis, now) : memoryCounters(now),
    clock,
  })
  const activate = ({ rateLimits = [] }: GatewayConfig) => limits.activate(rateLimits)
  activate(config.active)
  config.onActivated(activate)
  return { limits, close: () => redis?.close() }
}
