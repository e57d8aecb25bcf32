import { expect, it } from 'vitest'
import { isAddressRange } from '#server/env/address-range.ts'

it.each([
  ['10.0.0.1', true],
  ['10.0.0.0/8', true],
  ['0.0.0.0/0', true],
  ['::1', true],
  ['fd00::/8', true],
  ['2001:db8::/128', true],
  ['10.0.0.0/33', false],
  ['fd00::/129', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/-1', false],
  ['10.0.0', false],
  ['proxy.example.com', false],
  ['', false],
])('says of %j that it is a range: %j', (text, isRange) => {
  expect(isAddressRange(text)).toBe(isRange)
})
