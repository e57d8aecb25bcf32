import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { priorities } from '#domain/queue-order.ts'
import { callerGone } from '#gateway/call.ts'
import { settled, slotRoom } from '../support/slot-room.ts'

describe('a free slot', () => {
  it('is taken at once, without a timer and without a word', () => {
    const { clock, slots, order, enter } = slotRoom(2)
    const { told } = enter('a')
    expect([order, told, clock.timers]).toEqual([['a'], [], 0])
    expect(slots).toMatchObject({ max: 2, taken: 1, waiting: 0 })
  })

  it.each([0, -1])('is always there under a limit of %i', (max) => {
    const { slots, enter } = slotRoom(max)
    const calls = Array.from({ length: 100 }, (_, index) => enter(`${index}`))
    expect(slots).toMatchObject({ max: undefined, taken: 100, waiting: 0 })
    for (const { leave } of calls) leave()
    expect(slots.taken).toBe(0)
  })

  it('goes to the most urgent call, and to the first of these', async () => {
    const { order, enter } = slotRoom(1)
    const { leave } = enter('runs')
    const waiting = new Map([['runs', leave]])
    for (const [id, priority] of [
      ['low', 'LOW'],
      ['normal 1', 'NORMAL'],
      ['critical', 'CRITICAL'],
      ['normal 2', 'NORMAL'],
      ['high', 'HIGH'],
    ] as const)
      waiting.set(id, enter(id, { priority }).leave)
    for (let place = 0; place < 6; place++) {
      waiting.get(order.at(-1) ?? '')?.()
      await settled()
    }
    expect(order).toEqual(['runs', 'critical', 'high', 'normal 1', 'normal 2', 'low'])
  })

  it('goes to a call that has waited long, though more urgent ones keep coming', async () => {
    const { clock, order, enter } = slotRoom(1, { timeoutMs: 4000 })
    let running = enter('runs')
    enter('low', { priority: 'LOW' })
    clock.advance(1001)
    for (let place = 0; !order.includes('low'); place++) {
      const next = enter(`critical ${place}`, { priority: 'CRITICAL' })
      running.leave()
      await settled()
      running = next
    }
    expect(order).toEqual(['runs', 'critical 0', 'critical 1', 'critical 2', 'low'])
  })
})

it('never gives more places than there are, keeps none free that somebody waits for, and loses none', async () => {
  const wish = fc.record({
    priority: fc.constantFrom(...priorities),
    provider: fc.constantFrom('free', 'one', 'two'),
  })
  const move = fc.oneof(
    { weight: 3, arbitrary: wish.map((come) => ({ come })) },
    { weight: 2, arbitrary: fc.nat().map((end) => ({ end })) },
    { weight: 1, arbitrary: fc.nat().map((cancel) => ({ cancel })) },
    { weight: 1, arbitrary: fc.nat(2000).map((passMs) => ({ passMs })) },
  )
  const limits = new Map([
    ['free', undefined],
    ['one', 1],
    ['two', 2],
  ])
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(move, { minLength: 10, maxLength: 60 }),
      async (max, moves) => {
        const { clock, slots, order, refused, enter } = slotRoom(max, { timeoutMs: 4000 })
        const calls = new Map<string, ReturnType<typeof enter> & { readonly provider: string }>()
        const running = () => order.filter((id) => calls.has(id))
        const waiting = () => [...calls.keys()].filter((id) => !order.includes(id))
        const forgetRefused = () => refused.forEach((_, id) => calls.delete(id))
        const pick = (ids: readonly string[], at: number) => ids[at % ids.length] ?? ''
        for (const [index, step] of moves.entries()) {
          if ('come' in step) {
            const { provider } = step.come
            const own = limits.get(provider)
            const entered = enter(`${index}`, { ...step.come, ...(own && { max: own }) })
            calls.set(`${index}`, { ...entered, provider })
          } else if ('end' in step) {
            const id = pick(running(), step.end)
            calls.get(id)?.leave()
            calls.delete(id)
          } else if ('cancel' in step)
            calls.get(pick(waiting(), step.cancel))?.call.cancellation.cancel(callerGone())
          else clock.advance(step.passMs)
          await Promise.resolve()
          await Promise.resolve()
          forgetRefused()
          const runningAt = (provider: string) =>
            running().filter((id) => calls.get(id)?.provider === provider).length
          const hasRoom = (provider: string) => runningAt(provider) < (limits.get(provider) ?? 99)
          expect(slots).toMatchObject({ taken: running().length, waiting: waiting().length })
          expect(slots.taken).toBeLessThanOrEqual(max)
          for (const [provider, own = 99] of limits)
            expect(runningAt(provider)).toBeLessThanOrEqual(own)
          const couldRun = waiting().filter((id) => hasRoom(calls.get(id)?.provider ?? ''))
          expect(slots.taken === max || couldRun.length === 0).toBe(true)
          expect(clock.timers).toBe(slots.waiting > 0 ? 1 : 0)
        }
      },
    ),
  )
})

describe('how full the queue is', () => {
  it('is told as a part of how many may wait, once all slots are taken', () => {
    const { slots, enter } = slotRoom(1, { maxWaiting: 4 })
    expect(slots.fullness).toBe(0)
    for (const id of ['a', 'b', 'c', 'd']) enter(id)
    expect(slots.fullness).toBe(0.75)
  })

  it('is nothing while calls wait for their own provider only, or nobody may wait', () => {
    const waits = slotRoom(5, { maxWaiting: 4 })
    for (const id of ['a', 'b']) waits.enter(id, { provider: 'small', max: 1 })
    expect(waits.slots).toMatchObject({ waiting: 1, fullness: 0 })
    const none = slotRoom(1, { maxWaiting: 0 })
    none.enter('a')
    expect(none.slots.fullness).toBe(0)
  })
})
