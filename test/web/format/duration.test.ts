import { expect, it } from 'vitest'
import { axisDuration, duration, uptime } from '#web/format/duration.ts'

it.each([
  [null, '–'],
  [0, '0 ms'],
  [0.42, '0.4 ms'],
  [850.4, '850 ms'],
  [999.6, '1.00 s'],
  [1240, '1.24 s'],
  [12_340, '12.3 s'],
  [59_960, '1 m 00 s'],
  [125_000, '2 m 05 s'],
])('shows %s ms as %s', (ms, shown) => {
  expect(duration(ms)).toBe(shown)
})

it.each([
  [undefined, '–'],
  [0.4, '0 s'],
  [59, '59 s'],
  [3600, '1 h 0 m'],
  [273_600, '3 d 4 h'],
])('shows an uptime of %s s as %s', (seconds, shown) => {
  expect(uptime(seconds)).toBe(shown)
})

it.each([
  [0, '0'],
  [0.5, '0.5 ms'],
  [500, '500 ms'],
  [2500, '2.5 s'],
])('labels an axis at %s ms with %s', (ms, label) => {
  expect(axisDuration(ms)).toBe(label)
})
