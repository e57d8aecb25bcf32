import { expect, it } from 'vitest'
import { seriesColours } from '#web/charts/palette.ts'

it('gives a name the same colour in whatever order the names come', () => {
  expect(seriesColours(['b', 'a']).get('b')).toBe(seriesColours(['a', 'b']).get('b'))
})

it('begins anew after the last colour', () => {
  const names = Array.from({ length: 9 }, (_, index) => `p${index}`)
  expect(seriesColours(names).get('p8')).toBe('--series-1')
})
