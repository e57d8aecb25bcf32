import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText } from '#domain/plain-text.ts'

describe('text that a caller gives', () => {
  it.each([
    ['bob', 'bob'],
    [' bob\t', 'bob'],
    ['b\u0000ob', 'bob'],
    ['e\u0301', '\u00e9'],
    ['   ', null],
    ['', null],
    [undefined, null],
  ])('has one form: %j', (text, plain) => {
    expect(plainText(text)).toBe(plain)
  })

  it('is bounded, and the same when it is given again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const plain = plainText(text)
        if (plain === null) return
        expect(plain.length).toBeLessThanOrEqual(256)
        expect(plainText(plain)).toBe(plain)
      }),
    )
  })
})
