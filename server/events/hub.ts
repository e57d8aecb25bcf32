import { GatewayError } from '#domain/errors.ts'
import type { Viewer } from '#domain/access.ts'
import type { Clock } from '#gateway/ports.ts'
import { Mailbox } from './mailbox.ts'
import type { Subscription, TopicRule } from './subscription.ts'

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
  /** The same for what concerns everybody. */
  publishToAll(item: Item): void
  /** @throws {GatewayError} FORBIDDEN for another tenant's viewer. */
  subscribe(options: SubscribeOptions<Item>): Subscription<Item>
  /** Ends the subscriptions of those viewers, with that reason. */
  revoke(isRevoked: (viewer: Viewer) => boolean, reason: GatewayError): void
}

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
    publishToAll(item) {
      for (const mailboxes of byTenant.values()) for (const mailbox of mailboxes) mailbox.put(item)
    },
    subscribe({ tenantId, viewer, accepts }) {
      if (viewer.tenantId !== tenantId)
        throw new GatewayError('FORBIDDEN', 'These events are another tenant’s.')
      const mailbox: Mailbox<Item> = new Mailbox({
        rule,
        clock,
        viewer,
        accepts,
        onEnd: () => leave(tenantId, mailbox),
      })
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
