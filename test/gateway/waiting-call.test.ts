import { describe, expect, it } from 'vitest'
import { callerGone } from '#gateway/call.ts'
import { settled, slotRoom } from '../support/slot-room.ts'

describe('a call that waits', () => {
  it('is refused when it has waited too long, and the timer ends with the last one', async () => {
    const { clock, slots, refused, enter } = slotRoom(1, { timeoutMs: 2000 })
    enter('runs')
    enter('first')
    clock.advance(1000)
    enter('second', { priority: 'CRITICAL' })
    clock.advance(999)
    expect(slots.waiting).toBe(2)
    clock.advance(1)
    await settled()
    expect([...refused]).toEqual([['first', 'OVERLOADED']])
    clock.advance(1000)
    await settled()
    expect([...refused.keys()]).toEqual(['first', 'second'])
    expect(slots).toMatchObject({ taken: 1, waiting: 0 })
    expect(clock.timers).toBe(0)
  })

  it('says when it may come back, and what it waited for', async () => {
    const { clock, enter, slots } = slotRoom(0, { timeoutMs: 1500 })
    enter('runs', { provider: 'small', max: 1 })
    const { call } = enter('first', { provider: 'small', max: 1 })
    const second = { ...call, closers: [] }
    const slot = slots.acquire(second)
    clock.advance(2000)
    await expect(slot).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringMatching(/1\.5 s .* for small, which takes 1 at once/),
      details: { retryAfterMs: 5000 },
    })
  })

  it('leaves when it is cancelled, and the next one has its place', async () => {
    const { slots, order, refused, clock, enter } = slotRoom(1)
    const { leave } = enter('runs')
    const { call } = enter('gone', { priority: 'HIGH' })
    enter('stays')
    call.cancellation.cancel(callerGone())
    await settled()
    expect([...refused]).toEqual([['gone', 'CANCELLED']])
    expect(slots.waiting).toBe(1)
    leave()
    await settled()
    expect(order).toEqual(['runs', 'stays'])
    expect(clock.timers).toBe(0)
  })

  it('does not wait if it was cancelled before', () => {
    const { slots, enter } = slotRoom(1)
    enter('runs')
    const { call } = enter('gone')
    call.cancellation.cancel(callerGone())
    expect(() => slots.acquire(call)).toThrow('hung up')
    expect(slots.waiting).toBe(0)
  })

  it('is refused where enough wait already', () => {
    const { enter } = slotRoom(1, { maxWaiting: 2 })
    enter('runs')
    enter('a')
    enter('b', { priority: 'HIGH' })
    expect(() => enter('c')).toThrow(
      expect.objectContaining({ code: 'QUEUE_FULL', details: { retryAfterMs: 1000 } }),
    )
  })

  it('makes room for a more urgent one, the latest of the least urgent first', async () => {
    const { refused, slots, enter } = slotRoom(1, { maxWaiting: 3 })
    enter('runs')
    enter('normal')
    enter('low 1', { priority: 'LOW' })
    enter('low 2', { priority: 'LOW' })
    enter('high', { priority: 'HIGH' })
    await settled()
    expect([...refused]).toEqual([['low 2', 'QUEUE_FULL']])
    expect(slots.waiting).toBe(3)
  })

  it('has its own bound at each provider that has a limit', () => {
    const { slots, enter } = slotRoom(2, { maxWaiting: 1 })
    const small = { provider: 'small', max: 1 }
    enter('1', small)
    enter('2')
    enter('3', small)
    enter('4')
    expect(slots.waiting).toBe(2)
    expect(() => enter('5', small)).toThrow('1 calls for small are waiting already')
  })
})

describe('whoever watches a call that waits', () => {
  it('is told how many go before it, again whenever these are fewer', async () => {
    const { clock, enter } = slotRoom(1)
    const { leave } = enter('runs')
    const [, second, third] = [enter('1'), enter('2'), enter('3')]
    const urgent = enter('urgent', { priority: 'HIGH' })
    expect([third.told, urgent.told]).toEqual([[2], [0]])
    clock.advance(1000)
    expect(third.told).toEqual([2])
    leave()
    await settled()
    urgent.leave()
    await settled()
    clock.advance(250)
    expect([second.told, third.told]).toEqual([
      [1, 0],
      [2, 1],
    ])
  })

  it('is told a few times a second at most', async () => {
    const { clock, order, enter } = slotRoom(1)
    const calls = Array.from({ length: 101 }, (_, index) => enter(`${index}`))
    for (let place = 0; place < 100; place++) {
      calls[place]?.leave()
      await settled()
      clock.advance(10)
    }
    expect(order).toHaveLength(101)
    expect(calls[100]?.told).toEqual([99, 74, 49, 24])
  })

  it('is told of the calls for the same provider, where that is what is full', () => {
    const { enter } = slotRoom(10)
    const small = { provider: 'small', max: 1 }
    enter('runs', small)
    enter('a', { provider: 'other', max: 1 })
    enter('b', { provider: 'other', max: 1 })
    expect([enter('1', small).told, enter('2', small).told]).toEqual([[0], [1]])
  })

  it('is told of all calls that can have the place, where all places are taken', () => {
    const { clock, enter } = slotRoom(1)
    enter('runs')
    enter('a', { provider: 'small', max: 1 })
    const { told } = enter('b')
    enter('c', { priority: 'CRITICAL' })
    clock.advance(250)
    expect(told).toEqual([1])
  })
})
