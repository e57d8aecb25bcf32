import { describe, expect, it } from 'vitest'
import { createTopic } from '#events/hub.ts'
import { GatewayError } from '#domain/errors.ts'
import { oneByOne } from '#graphql/one-by-one.ts'
import { adminViewer, FakeClock } from '../support/fake-gateway.ts'

const { tenantId } = adminViewer

function open() {
  const topic = createTopic<number>({ overflow: 'CLOSE', capacity: 10 }, new FakeClock())
  return { topic, items: oneByOne(topic.subscribe({ tenantId, viewer: adminViewer })) }
}

describe('items of batches', () => {
  it('come one by one', async () => {
    const { topic, items } = open()
    for (const item of [1, 2, 3]) topic.publish(tenantId, item)
    expect([await items.next(), await items.next(), await items.next()]).toEqual(
      [1, 2, 3].map((value) => ({ done: false, value })),
    )
  })

  it('end at once for who leaves while waiting', async () => {
    const { topic, items } = open()
    const waiting = items.next()
    await items.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(topic.subscribers).toBe(0)
  })

  it('end with the reason of their source', async () => {
    const { topic, items } = open()
    const waiting = items.next()
    topic.revoke(() => true, new GatewayError('OVERLOADED', 'missed'))
    await expect(waiting).rejects.toThrow('missed')
  })
})
