import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeGlobalId, encodeGlobalId, plainId } from '#graphql/global-id.ts'

const uuid = '019a0000-0000-7000-8000-000000000001'

describe('a global id', () => {
  it('leads back to its type and id', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Provider', 'Model'),
        fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' }),
        (typename, id) => {
          expect(decodeGlobalId(encodeGlobalId(typename, id))).toEqual({ typename, id })
        },
      ),
    )
    expect(decodeGlobalId(encodeGlobalId('Request', uuid))).toEqual({
      typename: 'Request',
      id: uuid,
    })
  })

  it.each([
    '',
    'x',
    uuid,
    encodeGlobalId('Request', 'no-uuid'),
    encodeGlobalId('Secret', uuid),
    encodeGlobalId('__proto__', uuid),
    encodeGlobalId('constructor', uuid),
    `${encodeGlobalId('Request', uuid)}!`,
  ])('is refused when it was not handed out here: %s', (id) => {
    expect(() => decodeGlobalId(id)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  it('may stand for a plain one in filters', () => {
    expect(plainId('ApiKey', encodeGlobalId('ApiKey', uuid))).toBe(uuid)
    expect(plainId('ApiKey', uuid)).toBe(uuid)
    expect(plainId('ApiKey', encodeGlobalId('Tenant', uuid))).toBe(encodeGlobalId('Tenant', uuid))
  })
})
