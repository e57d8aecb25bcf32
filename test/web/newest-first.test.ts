import { expect, it } from 'vitest'
import { newestFirst } from '#web/newest-first.ts'

const row = (id: string, second: number, status = 'SUCCEEDED') => ({
  id,
  status,
  createdAt: `2026-11-22T10:00:0${second}Z`,
})

it('puts what arrived in front', () => {
  const rows = newestFirst([row('b', 2), row('a', 1)], [row('c', 3)])
  expect(rows.map(({ id }) => id)).toEqual(['c', 'b', 'a'])
})

it('lets a request that ended take the place of itself while it ran', () => {
  const rows = newestFirst([row('b', 2), row('a', 1, 'IN_PROGRESS')], [row('a', 1)])
  expect(rows.map(({ id, status }) => [id, status])).toEqual([
    ['b', 'SUCCEEDED'],
    ['a', 'SUCCEEDED'],
  ])
})
