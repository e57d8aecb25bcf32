import { RateLimiterRes } from 'rate-limiter-flexible'

/** What came of asking a counter for points. */
export interface Take {
  readonly granted: boolean
  /** What the window still has. */
  readonly remaining: number
  /** Until the window ends; above 0. */
  readonly resetMs: number
  /** Corrects what was taken: gives back `points`, or takes more below 0. Without effect once the window has ended. */
  giveBack(points: number): void
}

/** The counters of one rule. */
export interface RateCounters {
  /** In one window. May be changed at any time. */
  limit: number
  /** Takes points if they fit, else nothing. */
  take(counter: string, points: number): Promise<Take>
  /** How a counter stands, without beginning a window. */
  look(counter: string): Promise<Pick<Take, 'remaining' | 'resetMs'>>
}

/** Makes the counters of a rule. */
export type CountersFor = (rule: { name: string; limit: number; windowS: number }) => RateCounters

/** As much of a limiter of rate-limiter-flexible as is used here. */
export interface Limiter {
  points: number
  consume(key: string, points: number): Promise<RateLimiterRes>
  penalty(key: string, points: number): Promise<RateLimiterRes>
  reward(key: string, points: number): Promise<RateLimiterRes>
  get(key: string): Promise<RateLimiterRes | null>
}

/** So near its end a window is left alone: what arrives late would change the next one. */
const tooLateMs = 50

/**
 * Counters over the library's limiters.
 *
 * @param taking Rejects with what the counter would have come to when a take does not fit, and leaves nothing behind.
 * @param keeperOf Where a take was counted, so that it is corrected there.
 * @param now Monotonic milliseconds.
 */
export function rateCounters(
  taking: Limiter,
  {
    windowS,
    now,
    keeperOf = () => taking,
  }: { windowS: number; now: () => number; keeperOf?: (result: RateLimiterRes) => Limiter },
): RateCounters {
  const untilReset = (ms: number) => Math.max(1, Math.min(ms, windowS * 1000))
  return {
    get limit() {
      return taking.points
    },
    set limit(limit) {
      taking.points = limit
    },
    async take(counter, points) {
      const limit = taking.points
      const result = await taking.consume(counter, points).catch(refusal)
      const granted = result.consumedPoints <= limit
      const used = result.consumedPoints - (granted ? 0 : points)
      const resetMs = untilReset(result.msBeforeNext)
      const endsAt = now() + resetMs
      const keeper = keeperOf(result)
      return {
        granted,
        remaining: Math.max(0, limit - used),
        resetMs,
        giveBack(back) {
          if (back === 0 || now() > endsAt - tooLateMs) return
          const done = back > 0 ? keeper.reward(counter, back) : keeper.penalty(counter, -back)
          // Its store is away: the window ends without the correction.
          done.catch(() => {})
        },
      }
    },
    async look(counter) {
      const counted = await taking.get(counter)
      const runs = counted !== null && counted.msBeforeNext > 0
      return {
        remaining: Math.max(0, taking.points - (runs ? counted.consumedPoints : 0)),
        resetMs: untilReset(runs ? counted.msBeforeNext : Infinity),
      }
    },
  }
}

function refusal(thrown: unknown): RateLimiterRes {
  if (thrown instanceof RateLimiterRes) return thrown
  throw thrown
}
