import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PriorityLine } from '#domain/priority-line.ts'
import { byArrival, byPriority, priorities } from '#domain/queue-order.ts'

const arriving = fc.array(
  fc.record({ priority: fc.constantFrom(...priorities), leaves: fc.boolean() }),
  { minLength: 1, maxLength: 40 },
)

it('goes by priority, and by arrival within one', () => {
  fc.assert(
    fc.property(arriving, (calls) => {
      const line = new PriorityLine()
      const queued = calls.map(({ priority, leaves }, arrival) => ({
        priority,
        arrival,
        since: 0,
        leaves,
      }))
      const left = queued.map((call) => [call, line.add(call)] as const)
      for (const [call, leave] of left) if (call.leaves) leave()
      const there = queued.filter(({ leaves }) => !leaves)
      const sorted = there.toSorted(byPriority)
      expect([...line]).toEqual(sorted)
      expect(line.first).toBe(sorted.at(0))
      expect(line.last).toBe(sorted.at(-1))
      expect(line.oldest).toBe(there.toSorted(byArrival).at(0))
      expect(line.size).toBe(there.length)
      for (const priority of priorities) {
        const comer = { priority, arrival: calls.length, since: 0 }
        expect(line.before(priority)).toBe(
          sorted.filter((one) => byPriority(one, comer) < 0).length,
        )
      }
    }),
  )
})
