import { expect, it } from 'vitest'
import { createSessions, sessionCookie } from '#auth/session.ts'

const time = { now: 1_790_000_000_000 }
const sessions = createSessions(Buffer.from('key'), () => time.now)
const header = (value: string) => `a=b; ${sessionCookie}=${value}; c=d`

it('a cookie tells which key began it and by which secret, and not the secret', () => {
  const value = sessions.begin('k000000000000001', 'the hash')
  expect(sessions.read(header(value))).toEqual({
    publicId: 'k000000000000001',
    mark: sessions.markOf('the hash'),
  })
  expect(value).not.toContain('hash')
})

it('another key’s signature is none', () => {
  const value = createSessions(Buffer.from('other'), () => time.now).begin('k1', 'hash')
  expect(sessions.read(header(value))).toBe(undefined)
})

it.each([undefined, '', 'a=b', header(''), header('k1.m.1.s'), `x${header('')}`])(
  '%j holds no session',
  (cookie) => {
    expect(sessions.read(cookie)).toBe(undefined)
  },
)

it('every character of a cookie counts', () => {
  const value = sessions.begin('k000000000000001', 'the hash')
  for (let index = 0; index < value.length; index++) {
    const other = value[index] === 'a' ? 'b' : 'a'
    const forged = `${value.slice(0, index)}${other}${value.slice(index + 1)}`
    expect(sessions.read(header(forged))).toBe(undefined)
  }
})

it('a session lasts twelve hours', () => {
  const value = sessions.begin('k1', 'hash')
  const begun = time.now
  time.now = begun + sessions.lifetimeS * 1000 - 1000
  expect(sessions.read(header(value))).toBeDefined()
  time.now = begun + sessions.lifetimeS * 1000
  expect(sessions.read(header(value))).toBe(undefined)
})
