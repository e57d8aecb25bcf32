import { describe, expect, it } from 'vitest'
import type { RequestFilter } from '#domain/request-filter.ts'
import { createRequestTail } from '#events/request-tail.ts'
import { adminViewer, FakeClock } from '../support/fake-gateway.ts'
import { attemptOf, failedAttempt, recordOf } from '../support/request-record.ts'

const all: RequestFilter = { time: { from: 0, to: 1 }, simulated: false }

describe('the live tail', () => {
  it('brings what the filter selects, whatever its time range', async () => {
    const clock = new FakeClock()
    const tail = createRequestTail(clock)
    const events = tail.subscribe(adminViewer, { ...all, status: ['FAILED'] })
    const failed = recordOf({ attempts: [failedAttempt('PROVIDER_TIMEOUT')] })
    tail.callEnded(recordOf())
    tail.callEnded(failed)
    clock.advance(250)
    const { value } = await events.next()
    expect(value?.items.map(({ record }) => record)).toEqual([failed])
  })

  it('brings at most four batches a second, and counts what was left out', async () => {
    const clock = new FakeClock()
    const tail = createRequestTail(clock)
    const events = tail.subscribe(adminViewer, all)
    const sizes: number[] = []
    const reading = (async () => {
      for await (const { items, dropped } of events) sizes.push(items.length, dropped)
    })()
    for (let ms = 0; ms < 1000; ms += 50) {
      for (let call = 0; call < 30; call++) tail.callEnded(recordOf())
      clock.advance(50)
      await Promise.resolve()
    }
    await events.return?.()
    await reading
    expect(sizes).toEqual([100, 50, 100, 50, 100, 50, 100, 50])
  })

  it('hears nothing of simulated calls or other tenants unless asked', async () => {
    const clock = new FakeClock()
    const tail = createRequestTail(clock)
    const events = tail.subscribe(adminViewer, all)
    tail.callEnded(recordOf({ attempts: [attemptOf({ simulated: true })] }))
    tail.callEnded(recordOf({ tenantId: '00000000-0000-7000-8000-000000000002' }))
    const mine = recordOf()
    tail.callEnded(mine)
    clock.advance(250)
    expect((await events.next()).value?.items.map(({ record }) => record.id)).toEqual([mine.id])
  })
})
