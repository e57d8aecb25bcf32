import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Connection, pageOf } from '#graphql/page.ts'

it('brings every item once, in order, whatever the size of its pages', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 10 }),
      (all, first) => {
        const seen: string[] = []
        let after: string | null = null
        for (;;) {
          const page: Connection<string> = pageOf(all, {
            first,
            after,
            nameOf: (name: string) => name,
          })
          expect(page.totalCount).toBe(all.length)
          expect(page.pageInfo.hasPreviousPage).toBe(after !== null)
          seen.push(...page.edges.map(({ node }) => node))
          after = page.pageInfo.endCursor
          if (!page.pageInfo.hasNextPage) break
        }
        expect(seen).toEqual(all)
      },
    ),
  )
})

it.each([
  ['first', { first: 501 }],
  ['first', { first: -1 }],
  ['after', { after: 'forged' }],
])('refuses a bad %s', (argument, page) => {
  expect(() => pageOf(['a'], { ...page, nameOf: (name) => name })).toThrow(
    expect.objectContaining({
      code: 'INVALID_REQUEST',
      details: { issues: [expect.objectContaining({ path: [argument] })] },
    }),
  )
})
