import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LeavableLine } from '#domain/leavable-line.ts'

it('keeps the order of arrival, whoever leaves', () => {
  const moves = fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 60 })
  fc.assert(
    fc.property(moves, (leavers) => {
      const line = new LeavableLine<number>()
      const leaves: (() => void)[] = []
      let there: number[] = []
      for (const [item, leaver] of leavers.entries()) {
        if (leaver === undefined) {
          leaves[item] = line.add(item)
          there.push(item)
        } else {
          leaves[leaver]?.()
          there = there.filter((each) => each !== leaver)
        }
        expect([...line]).toEqual(there)
        expect([line.first, line.last, line.size]).toEqual([
          there.at(0),
          there.at(-1),
          there.length,
        ])
      }
    }),
  )
})

it('lets the one that is looked at leave', () => {
  const line = new LeavableLine<string>()
  const leave = line.add('a')
  line.add('b')
  const seen: string[] = []
  for (const item of line) {
    seen.push(item)
    leave()
  }
  expect(seen).toEqual(['a', 'b'])
})
