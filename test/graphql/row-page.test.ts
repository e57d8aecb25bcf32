import { expect, it } from 'vitest'
import { type RowPage, rowPage, type RowQuery } from '#graphql/row-page.ts'

const idOf = (index: number) => `019a0000-0000-7000-8000-00000000000${index}`
const rows = [5, 4, 3, 2, 1].map((index) => ({ id: idOf(index) }))

const read = async ({ take, where }: RowQuery) =>
  rows.filter(({ id }) => where.id === undefined || id < where.id.lt).slice(0, take)

it('pages follow one another without a gap', async () => {
  const seen: string[] = []
  let after: string | null = null
  for (let page = 0; page < 3; page++) {
    const found: RowPage<{ id: string }> = await rowPage({ first: 2, after }, read)
    seen.push(...found.edges.map(({ node }) => node.id))
    expect(found.pageInfo.hasNextPage).toBe(page < 2)
    after = found.pageInfo.endCursor
  }
  expect(seen).toEqual(rows.map(({ id }) => id))
})

it('a page of nothing has no cursors', async () => {
  const { pageInfo } = await rowPage({ first: 0 }, read)
  expect(pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: null,
    endCursor: null,
  })
})
