import { describe, expect, it } from 'vitest'
import { createGatherer } from '#events/gatherer.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'

function open({ most = 10 } = {}) {
  const clock = new FakeClock()
  const written: (readonly number[])[] = []
  const failures: number[] = []
  const database = { isAway: false }
  const gatherer = createGatherer<number>({
    clock,
    everyMs: 1000,
    most,
    merge: (one, other) => one + other,
    write: async (items) => {
      if (database.isAway) throw new Error('away')
      written.push(items)
    },
    failed: (_cause, leftOut) => failures.push(leftOut),
  })
  return { clock, database, failures, gatherer, written }
}

describe('what is gathered', () => {
  it('is handed on together, once a key, when its time has come', async () => {
    const { clock, gatherer, written } = open()
    gatherer.put('a', 1)
    gatherer.put('b', 5)
    gatherer.put('a', 2)
    expect(written).toEqual([])
    clock.advance(1000)
    await gatherer.flush()
    expect(written).toEqual([[3, 5]])
  })

  it('is not handed on where there is nothing', async () => {
    const { gatherer, written } = open()
    await gatherer.flush()
    expect(written).toEqual([])
  })

  it('is kept, with what comes meanwhile, until it can be written; that is told once', async () => {
    const { database, failures, gatherer, written } = open()
    database.isAway = true
    gatherer.put('a', 1)
    await gatherer.flush()
    gatherer.put('a', 1)
    await gatherer.flush()
    expect(failures).toEqual([0])
    database.isAway = false
    gatherer.put('a', 1)
    await gatherer.flush()
    expect(written).toEqual([[3]])
  })

  it('is bounded, and what did not fit is told', async () => {
    const { failures, gatherer, written } = open({ most: 2 })
    for (const key of ['a', 'b', 'c', 'd', 'a']) gatherer.put(key, 1)
    await gatherer.flush()
    expect(written).toEqual([[2, 1]])
    expect(failures).toEqual([2])
  })

  it('is written at the end', async () => {
    const { clock, gatherer, written } = open()
    gatherer.put('a', 1)
    await gatherer.close()
    expect(written).toEqual([[1]])
    expect(clock.timers).toBe(0)
  })
})
