import fc from 'fast-check'
import { expect, it } from 'vitest'
import { closestTo } from '#domain/closest-name.ts'

const fields = ['type', 'base_url', 'api_key_env', 'chat_path', 'models_path']

it.each([
  ['base_ulr', 'base_url'],
  ['url', 'base_url'],
  ['tpye', 'type'],
  ['model_path', 'models_path'],
  ['api_key', 'api_key_env'],
])('takes %s for %s', (name, expected) => {
  expect(closestTo(name, fields)).toBe(expected)
})

it('knows a name that is right', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.nat(), (names, index) => {
      const name = names[index % names.length]!
      expect(closestTo(name, names)).toBe(name)
    }),
  )
})

it('knows nothing where there is nothing', () => {
  expect(closestTo('a', [])).toBeUndefined()
})
