import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatKeyToken, parseKeyToken } from '#domain/api-key.ts'

const publicId = 'k3j5h2g8f0d1s9a7'
const secret = '_A-b_'.padEnd(43, 'x')

it('a key is taken apart at its own places, whatever its secret holds', () => {
  expect(parseKeyToken(`ao_${publicId}_${secret}`)).toEqual({ publicId, secret })
})

it.each([
  '',
  'ao_',
  `ao_${publicId}`,
  `ao_${publicId}_`,
  `ao_${publicId}_${secret.slice(1)}`,
  `ao_${publicId}_${secret}x`,
  `ao_${publicId.toUpperCase()}_${secret}`,
  `AO_${publicId}_${secret}`,
  ` ao_${publicId}_${secret}`,
  `ao_${publicId}_${secret}\n`,
  `ao_${publicId.slice(1)}_${secret}`,
])('%j is no key', (text) => {
  expect(parseKeyToken(text)).toBe(undefined)
})

it('what is put together is taken apart again', () => {
  const letters = (alphabet: string, length: number) =>
    fc.string({
      unit: fc.constantFrom(...alphabet.split('')),
      minLength: length,
      maxLength: length,
    })
  const token = fc.record({
    publicId: letters('0123456789abcdefghijklmnopqrstuvwxyz', 16),
    secret: letters('ABYZabyz0189_-', 43),
  })
  fc.assert(
    fc.property(token, (given) => {
      expect(parseKeyToken(formatKeyToken(given))).toEqual(given)
    }),
  )
})
