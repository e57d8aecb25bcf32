import { GatewayError } from '#domain/errors.ts'
import type { Viewer } from '#domain/access.ts'
import type { Clock } from '#gateway/ports.ts'
import { Ring } from './ring.ts'

/**
 * What happens to a subscriber who does not keep up: CLOSE ends the subscription (nothing is ever left out silently),
 * LATEST keeps the newest item only, DROP_OLDEST leaves the oldest out and counts them.
 */
export type Overflow = 'CLOSE' | 'LATEST' | 'DROP_OLDEST'

export interface TopicRule {
  readonly overflow: Overflow
  /** How many items wait for one subscriber; 1 for LATEST. */
  readonly capacity: number
  /** The least time between two batches for one subscriber, in milliseconds. @default 0 */
  readonly everyMs?: number
}

/** What has come since the last read: at least one item. */
export interface Batch<Item> {
  readonly items: readonly Item[]
  /** How many were left out before these. */
  readonly dropped: number
}

/** Items as they come. Reading throws the reason when the subscription was closed for one. */
export type Subscription<Item> = AsyncIterableIterator<Batch<Item>, undefined>

export interface SubscribeOptions<Item> {
  /** Whose items. Only this tenant's viewers may subscribe. */
  readonly tenantId: string
  readonly viewer: Viewer
  /** Which of them; all by default. Runs once an item, so it must be cheap. */
  readonly accepts?: (item: Item) => boolean
}

export interface Topic<Item> {
  /** How many subscribers there are. */
  readonly subscribers: number
  /** Hands an item to whoever subscribed to this tenant's; never waits and never throws. */
  publish(tenantId: string, item: Item): void
  /** @throws {GatewayError} FORBIDDEN for another tenant's viewer. */
  subscribe(options: SubscribeOptions<Item>): Subscription<Item>
  /** Ends the subscriptions of those viewers, with that reason. */
  revoke(isRevoked: (viewer: Viewer) => boolean, reason: GatewayError): void
}

/** How long a subscriber may leave items unread. */
export const stallMs = 10_000

/** A topic of live events: each subscriber has a bounded ring of its own, so none can harm another. */
export function createTopic<Item>(rule: TopicRule, clock: Clock): Topic<Item> {
  const byTenant = new Map<string, Set<Mailbox<Item>>>()
  let count = 0
  let stopPacing: (() => void) | undefined

  const leave = (tenantId: string, mailbox: Mailbox<Item>) => {
    const mailboxes = byTenant.get(tenantId)
    if (!mailboxes?.delete(mailbox)) return
    if (mailboxes.size === 0) byTenant.delete(tenantId)
    if (--count > 0) return
    stopPacing?.()
    stopPacing = undefined
  }

  const deliver = () => {
    for (const mailboxes of byTenant.values()) for (const mailbox of mailboxes) mailbox.deliver()
  }

  return {
    get subscribers() {
      return count
    },
    publish(tenantId, item) {
      for (const mailbox of byTenant.get(tenantId) ?? []) mailbox.put(item)
    },
    subscribe({ tenantId, viewer, accepts }) {
      if (viewer.tenantId !== tenantId) throw new GatewayError('FORBIDDEN', 'These events are another tenant’s.')
      const mailbox: Mailbox<Item> = new Mailbox({ rule, clock, viewer, accepts, onEnd: () => leave(tenantId, mailbox) })
      const mailboxes = byTenant.get(tenantId) ?? new Set()
      byTenant.set(tenantId, mailboxes.add(mailbox))
      count++
      if (rule.everyMs) stopPacing ??= clock.every(rule.everyMs, deliver)
      return mailbox
    },
    revoke(isRevoked, reason) {
      for (const mailboxes of byTenant.values()) {
        for (const mailbox of mailboxes) if (isRevoked(mailbox.viewer)) mailbox.close(reason)
      }
    },
  }
}

type Read<Item> = IteratorResult<Batch<Item>, undefined>

/** What waits for one subscriber. */
class Mailbox<Item> implements Subscription<Item> {
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
    return { done: false, value: { items, dropped: this.#rule.overflow === 'LATEST' ? 0 : dropped } }
  }
}

function tooSlow(how: string): GatewayError {
  return new GatewayError('OVERLOADED', `The subscription was closed because its reader ${how}.`, { retryAfterMs: 1000 })
}
