import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exactInteger, parseExactJson } from '#graphql/exact-json.ts'

it('writes every whole number with the digits with which it was read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (number) => {
      const text = `{"a":[${number}],"b":"${number}"}`
      expect(JSON.stringify(parseExactJson(text))).toBe(text)
      expect(JSON.stringify(exactInteger(`${number}`))).toBe(`${number}`)
    }),
  )
})

it('reads all other JSON as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.stringify(parseExactJson(text))).toBe(JSON.stringify(JSON.parse(text)))
    }),
  )
})
