import { clampedRetryAfter, longestRetryAfterMs } from './backoff.ts'
import type { UpstreamLimit, UpstreamLimits } from './upstream-limits.ts'

/** How long a target rests that has refused without saying for how long; it doubles with each refusal in a row. */
const firstRestMs = 1_000

/** What is left of a limit until its reset. Monotonic milliseconds. */
interface Remainder {
  left: number
  readonly limit: number
  readonly resetAt: number
}

/**
 * When one target that limits us may be asked: not before the end of its Retry-After, and not when by its own word there
 * is nothing left, so that it need not refuse. It never rests for longer than a minute at a time. Times are monotonic
 * milliseconds.
 */
export class CoolDown {
  #restsUntil = 0
  #refusals = 0
  #requests: Remainder | undefined
  #tokens: Remainder | undefined

  /**
   * The target has answered PROVIDER_RATE_LIMITED. A shorter rest never ends a longer one, and refusals of calls that were
   * under way when a rest began say nothing new.
   */
  refused(now: number, retryAfterMs?: number): void {
    const said = clampedRetryAfter(retryAfterMs)
    if (said === undefined && now < this.#restsUntil) return
    const restMs = said ?? Math.min(firstRestMs * 2 ** this.#refusals++, longestRetryAfterMs)
    this.#restsUntil = Math.max(this.#restsUntil, now + restMs)
  }

  /** The target has answered a call. */
  answered(): void {
    this.#refusals = 0
  }

  /** The target has told of its limits, with an answer or a refusal. */
  told({ requests, tokens }: UpstreamLimits, now: number): void {
    this.#requests = remainderOf(requests, now)
    this.#tokens = remainderOf(tokens, now)
  }

  /**
   * A call is about to be sent, before the target can count it.
   *
   * @param tokens That it is expected to use.
   * @returns To be called where it was not sent after all; undefined where nothing is known of limits.
   */
  sent(tokens: number): (() => void) | undefined {
    const ofRequests = this.#requests
    const ofTokens = this.#tokens
    if (!ofRequests && !ofTokens) return undefined
    const take = (share: 1 | -1) => {
      if (ofRequests) ofRequests.left -= share
      if (ofTokens) ofTokens.left -= share * tokens
    }
    take(1)
    return () => take(-1)
  }

  /**
   * How long the target has to rest before it can take a call, in milliseconds; 0 when it can.
   *
   * @param tokens That the call is expected to use. More than the whole limit is for the target to refuse.
   */
  restMs(now: number, tokens = 0): number {
    const until = Math.max(
      this.#restsUntil,
      exhaustedUntil(this.#requests, 1),
      exhaustedUntil(this.#tokens, tokens),
    )
    return Math.max(0, until - now)
  }

  /** By hand: forgets everything. */
  reset(): void {
    this.#restsUntil = 0
    this.answered()
    this.#requests = this.#tokens = undefined
  }
}

/** A limit whose reset is not known is for the target to keep. */
function remainderOf(limit: UpstreamLimit | null, now: number): Remainder | undefined {
  if (!limit || limit.resetMs === null) return undefined
  const resetAt = now + Math.min(limit.resetMs, longestRetryAfterMs)
  return { left: limit.remaining, limit: limit.limit, resetAt }
}

function exhaustedUntil(remainder: Remainder | undefined, wanted: number): number {
  if (!remainder || wanted > remainder.limit || wanted <= remainder.left) return 0
  return remainder.resetAt
}
