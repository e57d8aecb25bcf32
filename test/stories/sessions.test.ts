import { afterEach, beforeEach, expect, it } from 'vitest'
import { RawSocket } from '../support/graphql-socket.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { changeKey, createKey, rootToken, startReplica, statusOf } from './access-house.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await createDatabase()
})
afterEach(() => database.drop())

const signIn = (origin: string, key: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${origin}/auth/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ key }),
  })

/** Asks who is asking, by the cookie alone. */
const whoAmI = (origin: string, cookie: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie, ...headers },
    body: JSON.stringify({ query: '{ viewer { displayName } }' }),
  })

const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? ''

it('a key signs in for a session that works on every replica, until it is signed out', async () => {
  const { origin } = await startReplica(database.url)
  const replica = await startReplica(database.url)
  const key = await createKey(origin, { name: 'Ada' })
  const signedIn = await signIn(origin, key.secret, { origin })
  expect(signedIn.status).toBe(200)
  const attributes = signedIn.headers.get('set-cookie') ?? ''
  expect(attributes).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  expect(attributes).not.toContain(key.secret.slice(-43))
  const cookie = cookieOf(signedIn)

  for (const at of [origin, replica.origin]) {
    const answer = await whoAmI(at, cookie, { origin: at })
    expect(await answer.json()).toEqual({ data: { viewer: { displayName: 'Ada' } } })
  }
  const signedOut = await fetch(`${origin}/auth/session`, {
    method: 'DELETE',
    headers: { cookie, origin },
  })
  expect(signedOut.headers.get('set-cookie')).toContain('Max-Age=0')
})

it('the cookie travels by https alone where a trusted proxy speaks it', async () => {
  const { origin } = await startReplica(database.url, { ORCHESTRATOR_TRUSTED_PROXIES: '127.0.0.1' })
  const https = await signIn(origin, rootToken, { 'x-forwarded-proto': 'https' })
  expect(https.headers.get('set-cookie')).toContain('; Secure')
})

it('no other site’s page uses a session or begins one', async () => {
  const { origin } = await startReplica(database.url)
  const cookie = cookieOf(await signIn(origin, rootToken))
  const port = new URL(origin).port
  const foreign = ['http://evil.example', `http://127.0.0.1:${Number(port) ^ 1}`, 'null']
  for (const page of foreign) {
    expect(await statusOf(whoAmI(origin, cookie, { origin: page }))).toBe(403)
    expect(await statusOf(signIn(origin, rootToken, { origin: page }))).toBe(403)
  }
  expect(await statusOf(whoAmI(origin, cookie))).toBe(403)
  expect(await statusOf(whoAmI(origin, cookie, { origin }))).toBe(200)
  expect(await statusOf(whoAmI(origin, cookie, { origin, 'sec-fetch-site': 'same-site' }))).toBe(
    403,
  )
})

it('a session opens sockets for pages of this server alone, and both end with the key', async () => {
  const { origin } = await startReplica(database.url)
  const key = await createKey(origin)
  const cookie = cookieOf(await signIn(origin, key.secret))
  const url = `${origin.replace('http', 'ws')}/graphql`
  const socket = new RawSocket(url, { headers: { cookie, origin } })
  await socket.until(({ type }) => type === 'connection_ack')
  const withoutOrigin = new RawSocket(url, { headers: { cookie } })
  expect((await withoutOrigin.closed).code).toBe(4403)

  await changeKey(origin, 'revokeApiKey', { id: key.id })
  expect((await socket.closed).code).toBe(4403)
  expect(await statusOf(whoAmI(origin, cookie, { origin }))).toBe(401)
})

it('wrong keys are refused, and after too many the address has to wait', async () => {
  const { origin } = await startReplica(database.url)
  const codes: number[] = []
  for (let index = 0; index < 22; index++)
    codes.push(await statusOf(signIn(origin, `wrong-${index}`)))
  expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 403))
  expect(codes.at(-1)).toBe(429)
  expect(await statusOf(signIn(origin, rootToken))).toBe(200)
})
