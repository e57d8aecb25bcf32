import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTaken, lowestTaken, overload } from '#domain/load-shedding.ts'
import { priorities } from '#domain/queue-order.ts'

const idle = { lagMs: 0, memory: 0, queue: 0 }

describe('what is still taken', () => {
  it.each([
    ['nothing to do', {}, 'LOW'],
    ['a lag of 200 ms', { lagMs: 200 }, 'LOW'],
    ['a lag of 201 ms', { lagMs: 201 }, 'NORMAL'],
    ['a lag of 401 ms', { lagMs: 401 }, 'HIGH'],
    ['a lag of 801 ms', { lagMs: 801 }, 'CRITICAL'],
    ['a lag of 2 s', { lagMs: 2_000 }, null],
    ['little memory', { memory: 0.86 }, 'NORMAL'],
    ['hardly any memory', { memory: 0.96 }, 'CRITICAL'],
    ['no memory', { memory: 0.99 }, null],
    ['a long queue', { queue: 0.8 }, 'NORMAL'],
    ['a full queue', { queue: 1 }, 'HIGH'],
    ['both, the worse one', { lagMs: 201, memory: 0.91 }, 'HIGH'],
  ] as const)('with %s: %s', (_name, load, lowest) => {
    expect(lowestTaken({ ...idle, ...load })).toBe(lowest)
  })

  it('is never a lower priority where a higher one is refused, nor more under a higher load', () => {
    const some = fc.record({
      lagMs: fc.nat(2_500),
      memory: fc.double({ min: 0, max: 1, noNaN: true }),
      queue: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(some, some, (load, more) => {
        const taken = priorities.map((priority) => isTaken(priority, load))
        expect(taken).toEqual(taken.toSorted((one, other) => Number(other) - Number(one)))
        const heavier = {
          lagMs: load.lagMs + more.lagMs,
          memory: load.memory + more.memory,
          queue: load.queue + more.queue,
        }
        for (const priority of priorities)
          expect(isTaken(priority, load) || !isTaken(priority, heavier)).toBe(true)
      }),
    )
  })
})

describe('what is too much', () => {
  it.each([
    ['LOW', { lagMs: 250.4 }, 'its event loop is 250 ms late'],
    ['NORMAL', { lagMs: 250 }, ''],
    ['LOW', { memory: 0.9 }, '90 % of its memory is in use'],
    [
      'NORMAL',
      { lagMs: 500, queue: 0.95 },
      'its event loop is 500 ms late, its queue is 95 % full',
    ],
  ] as const)('for %s at %o is said: %s', (priority, load, words) => {
    expect(overload(priority, { ...idle, ...load })).toBe(words)
  })
})
