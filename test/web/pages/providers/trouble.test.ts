import { expect, it } from 'vitest'
import { aProvider } from '#test/support/a-provider.ts'
import { circuitText, retryText, sinceText, troubleOf } from '#web/pages/providers/trouble.ts'

type Changes = NonNullable<Parameters<typeof aProvider>[0]>

const now = Date.parse('2026-11-22T12:10:00Z')
const soon = '2026-11-22T12:10:12Z'
const open = { state: 'OPEN', openedAt: '2026-11-22T12:09:55Z', retryAt: soon } as const

it.each<[Changes]>([[{}], [{ health: { state: 'UNKNOWN' } }], [{ override: 'FORCE_ENABLED' }]])(
  'says nothing of %o',
  (changes) => {
    expect(troubleOf(aProvider(changes), now)).toBeNull()
  },
)

it.each<[string, Changes, string, RegExp]>([
  [
    'an open circuit',
    { health: { state: 'DOWN', reason: '5 failures in a row.' }, circuit: open },
    'Down',
    /one call tries them again in 12 s/,
  ],
  ['circuits of some models', { circuit: open }, 'Circuit open', /Models that fail are left alone/],
  [
    'a trial',
    { circuit: { ...open, state: 'HALF_OPEN' } },
    'Circuit half open',
    /One call finds out/,
  ],
  ['what is slow', { health: { state: 'DEGRADED' } }, 'Degraded', /It is still used/],
  ['what disabled itself', { health: { state: 'DISABLED' } }, 'Disabled by itself', /Only checks/],
  [
    'what somebody disabled, whatever else is wrong',
    { health: { state: 'DISABLED' }, override: 'FORCE_DISABLED', circuit: open },
    'Disabled by hand',
    /No call is sent there\./,
  ],
  [
    'what somebody enabled though it is down',
    { health: { state: 'DOWN' }, override: 'FORCE_ENABLED', circuit: open },
    'Down',
    /all the same/,
  ],
  ['a missing key', { credential: 'MISSING' }, 'Key missing', /environment variable/],
  [
    'a key that is not taken, whatever else is wrong',
    { health: { state: 'DOWN' }, credential: 'REJECTED', circuit: open },
    'Down',
    /Give it a valid key/,
  ],
])('explains %s', (_what, changes, title, answer) => {
  expect(troubleOf(aProvider(changes), now)).toMatchObject({
    title,
    answer: expect.stringMatching(answer),
  })
})

it('says why in the words of the server, unless the key is the reason', () => {
  const health = { state: 'DOWN', reason: '5 failures in a row.' } as const
  expect(troubleOf(aProvider({ health }), now)?.why).toBe('5 failures in a row.')
  expect(troubleOf(aProvider({ health, credential: 'REJECTED' }), now)?.why).toMatch(/key/)
})

it('gives the reason of whoever disabled it, as a sentence', () => {
  const health = { state: 'DISABLED', reason: 'Disabled by hand: too dear' } as const
  const stopped = aProvider({ health, override: 'FORCE_DISABLED' })
  expect(troubleOf(stopped, now)).toMatchObject({ title: 'Disabled by hand', why: 'too dear.' })
})

it('counts down to the next try', () => {
  expect(circuitText(open, now)).toEqual({ word: 'Open', next: 'tries in 12 s' })
  expect(circuitText(open, now + 11_000).next).toBe('tries in 1 s')
  expect(circuitText(open, now + 60_000).next).toBe('tries with the next call')
  expect(retryText({ retryAt: null }, now)).toBe('with the next call')
  expect(circuitText(aProvider().circuit, now)).toEqual({ word: 'Closed', next: '' })
})

it('tells how long it lasts by what is known best', () => {
  const changedAt = '2026-11-22T12:07:00Z'
  const failing = aProvider({ health: { state: 'DOWN' } })
  expect(sinceText(aProvider({ circuit: open }), { changedAt, now })).toBe('for 3 m 0 s')
  expect(sinceText(aProvider({ circuit: open }), { changedAt: null, now })).toBe('for 5 s')
  const justNow = { changedAt: '2026-11-22T12:10:00Z', now }
  expect(sinceText(aProvider(), justNow)).toBe('just now')
  expect(sinceText(failing, { changedAt: null, now })).toBe('last success 10 m ago')
  expect(sinceText(aProvider(), { changedAt: null, now })).toBe('')
})
