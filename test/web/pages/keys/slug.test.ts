import { expect, it } from 'vitest'
import { slugOf } from '#web/pages/keys/slug.ts'

it.each([
  ['Search team', 'search-team'],
  ['  Ça & là!  ', 'ca-la'],
  ['株式会社', ''],
  ['a'.repeat(80), 'a'.repeat(63)],
  [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
])('makes of %j the slug %j', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
})
