import { expect, it } from 'vitest'
import { aKey } from '#test/support/a-key.ts'
import { isInGrace, isUsable, keyState } from '#web/pages/keys/key-state.ts'

const now = Date.parse('2026-11-23T10:00:00Z')
const past = '2026-11-23T09:00:00Z'
const soon = '2026-11-24T10:00:00Z'

it.each<[object, string, string, boolean]>([
  [{}, 'Active', '', true],
  [{ expiresAt: '2026-12-23T10:00:00Z' }, 'Active', '', true],
  [{ expiresAt: soon }, 'Expires soon', 'in 1 d 0 h', true],
  [{ expiresAt: past }, 'Expired', '23 Nov, 09:00', false],
  [
    { previousSecretValidUntil: soon },
    'Rotating',
    'the old secret works until 24 Nov, 10:00',
    true,
  ],
  [{ previousSecretValidUntil: past }, 'Active', '', true],
  [{ revokedAt: past, expiresAt: past }, 'Revoked', '23 Nov, 09:00', false],
])('a key with %o is %s', (changes, word, detail, usable) => {
  const key = aKey(changes)
  expect(keyState(key, { now, zone: 'UTC' })).toMatchObject({ word, detail })
  expect(isUsable(key, now)).toBe(usable)
})

it('ends the grace with its deadline', () => {
  const key = { previousSecretValidUntil: soon }
  expect(isInGrace(key, Date.parse(soon) - 1)).toBe(true)
  expect(isInGrace(key, Date.parse(soon))).toBe(false)
})
