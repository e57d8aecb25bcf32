import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Ring } from '#events/ring.ts'

it('keeps the newest items in order and counts the rest, however it is filled and emptied', () => {
  const fill = fc.array(fc.array(fc.integer(), { maxLength: 20 }), { maxLength: 10 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fill, (capacity, rounds) => {
      const ring = new Ring<number>(capacity)
      for (const round of rounds) {
        for (const item of round) ring.push(item)
        expect(ring.take()).toEqual({
          items: round.slice(-capacity),
          dropped: Math.max(0, round.length - capacity),
        })
        expect(ring.size).toBe(0)
      }
    }),
  )
})
