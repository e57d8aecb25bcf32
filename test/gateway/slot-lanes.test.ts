import { describe, expect, it } from 'vitest'
import { settled, slotRoom } from '../support/slot-room.ts'

describe('a provider with a limit', () => {
  const one = { provider: 'small', max: 1 }

  it('lets as many run as it says, and is in nobody else\u2019s way', async () => {
    const { order, slots, enter } = slotRoom(3)
    const { leave } = enter('small 1', one)
    enter('small 2', { ...one, priority: 'CRITICAL' })
    enter('other', { priority: 'LOW' })
    expect(order).toEqual(['small 1', 'other'])
    expect(slots).toMatchObject({ taken: 2, waiting: 1 })
    leave()
    await settled()
    expect(order).toEqual(['small 1', 'other', 'small 2'])
  })

  it('is passed over for a place of all while it is full', async () => {
    const { order, enter } = slotRoom(2)
    enter('small 1', one)
    const { leave } = enter('other 1')
    enter('small 2', { ...one, priority: 'CRITICAL' })
    enter('other 2', { priority: 'LOW' })
    leave()
    await settled()
    expect(order).toEqual(['small 1', 'other 1', 'other 2'])
  })

  it('has the limit of the configuration that the latest call runs under', async () => {
    const { order, slots, enter } = slotRoom(0)
    enter('1', one)
    enter('2', one)
    enter('3', { ...one, max: 3 })
    await settled()
    expect(order.toSorted()).toEqual(['1', '2', '3'])
    enter('4', { ...one, max: 2 })
    expect(slots).toMatchObject({ taken: 3, waiting: 1 })
  })

  it('serves its own old calls though those of others come and go meanwhile', async () => {
    const { clock, order, enter } = slotRoom(2, { timeoutMs: 4000 })
    const running = [enter('small', one), enter('other')]
    enter('low', { ...one, priority: 'LOW' })
    clock.advance(1001)
    for (let round = 0; round < 8 && !order.includes('low'); round++) {
      const wishes = [{ ...one, priority: 'HIGH' }, { priority: 'CRITICAL' }] as const
      for (const [lane, wish] of wishes.entries()) {
        const next = enter(`${round} ${lane}`, wish)
        running[lane]?.leave()
        await settled()
        running[lane] = next
      }
    }
    expect(order).toContain('low')
  })
})
