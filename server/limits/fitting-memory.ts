import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/**
 * Counts in this process. Unlike the library's own, a take that does not fit leaves nothing behind, so that a large
 * call that is refused again and again keeps no small one out. What it rejects with names what the counter would have
 * come to, `msBeforeNext` the end of its window.
 */
export class FittingMemory extends RateLimiterMemory {
  readonly #made = new WeakSet<RateLimiterRes>()

  /** Whether a result is from here, and not from the store that this one stands in for. */
  made(result: RateLimiterRes): boolean {
    return this.#made.has(result)
  }

  override async consume(key: string, points = 1): Promise<RateLimiterRes> {
    const before = await this.get(key)
    if (before && before.msBeforeNext > 0 && before.consumedPoints + points > this.points) {
      return this.#refuse(before, before.consumedPoints + points)
    }
    try {
      const taken = await super.consume(key, points)
      this.#made.add(taken)
      return taken
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown
      // Another call was faster.
      await this.reward(key, points)
      return this.#refuse(thrown, thrown.consumedPoints)
    }
  }

  #refuse({ msBeforeNext }: RateLimiterRes, wouldBe: number): Promise<never> {
    const refusal = new RateLimiterRes(0, msBeforeNext, wouldBe)
    this.#made.add(refusal)
    return Promise.reject(refusal)
  }
}
