import type { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { FittingMemory } from './fitting-memory.ts'
import { type CountersFor, rateCounters } from './rate-counters.ts'
import type { RedisConnection } from './redis-connection.ts'

/**
 * One counter, changed at once. ARGV: points, seconds of the window, limit. With a limit of 0 or more: takes the points
 * if they fit, else nothing; the first take begins the window. Below 0: corrects a counter whose window still runs,
 * never below nothing. Returns what the counter came to, or would have, and the milliseconds of its window.
 */
const script = `
local held = redis.call('get', KEYS[1])
local consumed = tonumber(held or '0')
local points = tonumber(ARGV[1])
local limit = tonumber(ARGV[3])
if limit < 0 then
  if held then consumed = redis.call('incrby', KEYS[1], math.max(points, -consumed)) end
elseif consumed + points > limit then
  consumed = consumed + points
elseif held then
  consumed = redis.call('incrby', KEYS[1], points)
else
  redis.call('set', KEYS[1], points, 'EX', ARGV[2])
  consumed = points
end
return {consumed, redis.call('pttl', KEYS[1])}
`

/** Before every key in Redis. */
const prefix = 'ai-orchestrator:rate'

/**
 * Counts in Redis or Valkey, for all replicas together. While it is away, each replica counts for itself, with the whole
 * limit: better too many calls than none.
 *
 * @param now Monotonic milliseconds.
 */
export const redisCounters =
  (connection: RedisConnection, now: () => number): CountersFor =>
  ({ name, limit, windowS }) => {
    const shared = optionsFor(connection.client, { name, windowS })
    const insurance = new FittingMemory({ keyPrefix: name, points: limit, duration: windowS })
    const taking = new RateLimiterRedis({ ...shared, points: limit, insuranceLimiter: insurance })
    const correcting = new RateLimiterRedis({ ...shared, points: -1 })
    const both = {
      ...bound(taking),
      get points() {
        return taking.points
      },
      set points(points) {
        taking.points = insurance.points = points
      },
    }
    return rateCounters(both, {
      windowS,
      now,
      keeperOf(result) {
        const insured = insurance.made(result)
        connection.used({ insured })
        return insured ? insurance : correcting
      },
    })
  }

function optionsFor(client: Redis, { name, windowS }: { name: string; windowS: number }) {
  return {
    storeClient: client,
    rejectIfRedisNotReady: true,
    customIncrTtlLuaScript: script,
    // Another window under the same name is another counter.
    keyPrefix: `${prefix}:${name}:${windowS}`,
    duration: windowS,
  }
}

function bound(limiter: RateLimiterRedis) {
  return {
    consume: (key: string, points: number) => limiter.consume(key, points),
    penalty: (key: string, points: number) => limiter.penalty(key, points),
    reward: (key: string, points: number) => limiter.reward(key, points),
    get: (key: string) => limiter.get(key),
  }
}
