import { describe, expect, it } from 'vitest'
import { createTopic } from '#events/hub.ts'
import type { TopicRule } from '#events/subscription.ts'
import { GatewayError } from '#domain/errors.ts'
import { adminViewer, FakeClock } from '../support/fake-gateway.ts'

const { tenantId } = adminViewer
const stranger = { ...adminViewer, tenantId: '00000000-0000-7000-8000-000000000002' }

function setUp({ overflow = 'DROP_OLDEST', capacity = 3, everyMs = 0 }: Partial<TopicRule> = {}) {
  const clock = new FakeClock()
  const topic = createTopic<number>({ overflow, capacity, everyMs }, clock)
  const subscribe = () => topic.subscribe({ tenantId, viewer: adminViewer })
  const publish = (...items: number[]) => items.forEach((item) => topic.publish(tenantId, item))
  return { clock, topic, subscribe, publish }
}

const batch = (items: number[], dropped = 0) => ({ done: false, value: { items, dropped } })

describe('a subscription', () => {
  it('gets what is published after it began, in order', async () => {
    const { subscribe, publish } = setUp()
    publish(1)
    const events = subscribe()
    const first = events.next()
    publish(2)
    expect(await first).toEqual(batch([2]))
    publish(3, 4)
    expect(await events.next()).toEqual(batch([3, 4]))
  })

  it('is refused to another tenant’s viewer, and hears nothing of other tenants', async () => {
    const { topic, subscribe, publish } = setUp()
    expect(() => topic.subscribe({ tenantId, viewer: stranger })).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    )
    const events = subscribe()
    topic.publish(stranger.tenantId, 1)
    publish(2)
    expect(await events.next()).toEqual(batch([2]))
  })

  it('gets what is published to all tenants', async () => {
    const { topic, subscribe } = setUp()
    const mine = subscribe()
    const other = topic.subscribe({ tenantId: stranger.tenantId, viewer: stranger })
    topic.publishToAll(1)
    expect([await mine.next(), await other.next()]).toEqual([batch([1]), batch([1])])
  })

  it('gets only what it accepts', async () => {
    const { topic, publish } = setUp()
    const events = topic.subscribe({ tenantId, viewer: adminViewer, accepts: (item) => item > 1 })
    publish(1, 2)
    expect(await events.next()).toEqual(batch([2]))
  })

  it('leaves no trace when it is returned, and ends a read that waits', async () => {
    const { clock, topic, subscribe } = setUp({ everyMs: 250 })
    const events = subscribe()
    const waiting = events.next()
    await events.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await events.next()).toEqual({ done: true, value: undefined })
    expect({ subscribers: topic.subscribers, timers: clock.timers }).toEqual({
      subscribers: 0,
      timers: 0,
    })
  })

  it('ends with the reason when its viewer is revoked', async () => {
    const { topic, subscribe } = setUp()
    const waiting = subscribe().next()
    topic.revoke((viewer) => viewer === adminViewer, new GatewayError('FORBIDDEN', 'revoked'))
    await expect(waiting).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(topic.subscribers).toBe(0)
  })

  it('brings at most one batch in its interval', async () => {
    const { clock, subscribe, publish } = setUp({ everyMs: 250 })
    const events = subscribe()
    publish(1)
    expect(await events.next()).toEqual(batch([1]))
    let arrived = false
    const second = events.next().then((result) => {
      arrived = true
      return result
    })
    publish(2)
    clock.advance(200)
    await Promise.resolve()
    expect(arrived).toBe(false)
    publish(3)
    clock.advance(50)
    expect(await second).toEqual(batch([2, 3]))
  })
})

describe('a subscriber who does not keep up', () => {
  it.each([
    { overflow: 'DROP_OLDEST' as const, capacity: 3, expected: batch([3, 4, 5], 2) },
    { overflow: 'LATEST' as const, capacity: 1, expected: batch([5]) },
  ])('reads on under $overflow', async ({ overflow, capacity, expected }) => {
    const { subscribe, publish } = setUp({ overflow, capacity })
    const events = subscribe()
    publish(1, 2, 3, 4, 5)
    expect(await events.next()).toEqual(expected)
  })

  it('is told the reason once under CLOSE, and harms nobody else', async () => {
    const { topic, subscribe, publish } = setUp({ overflow: 'CLOSE' })
    const slow = subscribe()
    const quick = subscribe()
    for (const item of [1, 2, 3, 4]) {
      const next = quick.next()
      publish(item)
      expect(await next).toEqual(batch([item]))
    }
    await expect(slow.next()).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(await slow.next()).toEqual({ done: true, value: undefined })
    expect(topic.subscribers).toBe(1)
  })

  it('is closed after ten seconds of stall', async () => {
    const { clock, topic, subscribe, publish } = setUp()
    const events = subscribe()
    publish(1)
    clock.advance(9999)
    publish(2)
    expect(topic.subscribers).toBe(1)
    clock.advance(1)
    publish(3)
    expect(topic.subscribers).toBe(0)
    await expect(events.next()).rejects.toMatchObject({ code: 'OVERLOADED' })
  })
})
