import type { Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import type { Clock } from '#gateway/ports.ts'
import { Ring } from './ring.ts'
import type { Batch, Subscription, TopicRule } from './subscription.ts'

/** How long a subscriber may leave items unread. */
const stallMs = 10_000

type Read<Item> = IteratorResult<Batch<Item>, undefined>

/** What waits for one subscriber of a topic. */
export class Mailbox<Item> implements Subscription<Item> {
  readonly viewer: Viewer
  readonly #rule: TopicRule
  readonly #clock: Clock
  readonly #accepts: ((item: Item) => boolean) | undefined
  readonly #onEnd: () => void
  readonly #ring: Ring<Item>
  /** Since when something waits. */
  #waitingSince = 0
  #takenAt = -Infinity
  #reader: PromiseWithResolvers<Read<Item>> | undefined
  #ended = false
  #reason: GatewayError | undefined

  constructor({
    rule,
    clock,
    viewer,
    accepts,
    onEnd,
  }: {
    rule: TopicRule
    clock: Clock
    viewer: Viewer
    accepts: ((item: Item) => boolean) | undefined
    onEnd: () => void
  }) {
    this.viewer = viewer
    this.#rule = rule
    this.#clock = clock
    this.#accepts = accepts
    this.#onEnd = onEnd
    this.#ring = new Ring(rule.capacity)
  }

  put(item: Item): void {
    if (this.#ended || this.#accepts?.(item) === false) return
    const now = this.#clock.now()
    if (this.#ring.size === 0) this.#waitingSince = now
    else if (!this.#reader && now - this.#waitingSince >= stallMs) {
      this.close(tooSlow(`left events unread for ${stallMs / 1000} s`))
      return
    }
    if (this.#ring.size === this.#rule.capacity && this.#rule.overflow === 'CLOSE') {
      this.close(tooSlow(`was ${this.#rule.capacity} events behind`))
      return
    }
    this.#ring.push(item)
    if (!this.#rule.everyMs) this.deliver()
  }

  /** Hands what waits to a reader who waits, unless the last batch was too short ago. */
  deliver(): void {
    if (!this.#reader || this.#ring.size === 0 || this.#isTooSoon()) return
    this.#reader.resolve(this.#take())
    this.#reader = undefined
  }

  close(reason?: GatewayError): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    this.#ring.take()
    if (reason) this.#reader?.reject(reason)
    else this.#reader?.resolve({ done: true, value: undefined })
    this.#reader = undefined
    this.#onEnd()
  }

  next(): Promise<Read<Item>> {
    if (this.#ended) {
      const reason = this.#reason
      this.#reason = undefined
      return reason ? Promise.reject(reason) : Promise.resolve({ done: true, value: undefined })
    }
    if (this.#ring.size > 0 && !this.#isTooSoon()) return Promise.resolve(this.#take())
    this.#reader ??= Promise.withResolvers()
    return this.#reader.promise
  }

  return(): Promise<Read<Item>> {
    this.close()
    return Promise.resolve({ done: true, value: undefined })
  }

  throw(): Promise<Read<Item>> {
    return this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #isTooSoon(): boolean {
    return this.#clock.now() - this.#takenAt < (this.#rule.everyMs ?? 0)
  }

  #take(): Read<Item> {
    this.#takenAt = this.#clock.now()
    const { items, dropped } = this.#ring.take()
    return {
      done: false,
      value: { items, dropped: this.#rule.overflow === 'LATEST' ? 0 : dropped },
    }
  }
}

function tooSlow(how: string): GatewayError {
  return new GatewayError('OVERLOADED', `The subscription was closed because its reader ${how}.`, {
    retryAfterMs: 1000,
  })
}
