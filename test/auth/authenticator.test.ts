import { describe, expect, it } from 'vitest'
import { allScopes } from '#domain/access.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import { createFailedAttempts } from '#auth/failed-attempts.ts'
import {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
} from '#auth/authenticator.ts'
import { createKeyBook } from '#auth/key-book.ts'
import { createSessions, sessionCookie } from '#auth/session.ts'
import type { StoredKey } from '#domain/api-key.ts'
import { FakeClock } from '../support/fake-gateway.ts'
import { MemoryKeys, storedKey, testHash, testSecret, tokenOf } from '../support/stored-keys.ts'
import { MemoryLog } from '../support/store.ts'

const keyId = '019a0000-0000-7000-8000-00000000000a'

const authOf = (token: string | undefined, options: Partial<AuthenticatorOptions> = {}) =>
  createAuthenticator({ token, open: token === undefined, bootstrapKeyId: keyId, ...options })

async function refusal(
  auth: Authenticator,
  authorization: string | undefined,
  ip = '10.0.0.1',
): Promise<GatewayError | undefined> {
  try {
    await auth.authenticate({ authorization }, ip)
    return undefined
  } catch (thrown) {
    return asGatewayError(thrown)
  }
}

describe('without a token', () => {
  it('everybody on this machine may do everything, whatever their clients send', async () => {
    const auth = authOf(undefined)
    expect(auth.open).toBe(true)
    const viewer = await auth.authenticate({ authorization: 'Bearer whatever' }, null)
    expect([...viewer.scopes]).toEqual(allScopes)
    expect(viewer.apiKeyId).toBe(null)
  })
})

describe('with a token', () => {
  const auth = authOf('tök-1')

  it('its holder is the key’s row, and runs the installation', async () => {
    expect(auth.open).toBe(false)
    expect(await auth.authenticate({ authorization: 'Bearer tök-1' }, '10.0.0.1')).toMatchObject({
      apiKeyId: keyId,
      runsInstallation: true,
    })
  })

  it('a stranger has no scopes', () => {
    expect(auth.anonymous.scopes.size).toBe(0)
    expect(auth.anonymous.runsInstallation).toBe(false)
  })

  it.each([
    [undefined, 'UNAUTHENTICATED', 'missing bearer token'],
    ['Basic tök-1', 'UNAUTHENTICATED', 'missing bearer token'],
    ['Bearer ', 'UNAUTHENTICATED', 'missing bearer token'],
    ['Bearertök-1', 'UNAUTHENTICATED', 'missing bearer token'],
    ['Bearer tök-10', 'FORBIDDEN', 'invalid token'],
    ['Bearer tök-', 'FORBIDDEN', 'invalid token'],
    [`Bearer ${'x'.repeat(30_000)}`, 'FORBIDDEN', 'invalid token'],
    [`Bearer ${tokenOf(storedKey())}`, 'FORBIDDEN', 'invalid token'],
  ])('%s is refused', async (authorization, code, message) => {
    expect(await refusal(auth, authorization)).toMatchObject({ code, message })
  })

  it.each(["' OR 1=1 --", '"; DROP TABLE request; --', 'a b', '\u00ff'])(
    'what no token can be (%j) is refused as nonsense where the token is an ordinary one',
    async (nonsense) => {
      expect((await refusal(authOf('abc'), `Bearer ${nonsense}`))?.code).toBe('UNAUTHENTICATED')
    },
  )
})

/** A server with keys; the clock of both moves by hand. */
function withKeys(
  keys: readonly StoredKey[],
  { token, open = false }: { token?: string; open?: boolean } = {},
) {
  const clock = new FakeClock()
  const rows = new MemoryKeys(...keys)
  const book = createKeyBook({ rows, changes: rows, clock, log: new MemoryLog(), cut: () => {} })
  const sessions = createSessions(Buffer.from('signing key'), () => clock.epochMs())
  const auth = createAuthenticator({
    token,
    open,
    bootstrapKeyId: keyId,
    keys: { book, hashOf: testHash, sessions },
    now: () => clock.now(),
  })
  return { auth, clock, rows, sessions }
}

describe('a key', () => {
  const hour = 3_600_000
  const second = storedKey({ secretHash: testHash(testSecret('t')) })

  it.each<[string, Partial<StoredKey>, string, string | undefined]>([
    ['with its secret is let in', {}, 's', undefined],
    ['with another secret is not', {}, 'x', 'invalid token'],
    ['that was revoked is told so', { isRevoked: true }, 's', 'This API key was revoked.'],
    ['that was revoked tells a stranger nothing', { isRevoked: true }, 'x', 'invalid token'],
    ['that expires later is let in', { expiresInMs: hour }, 's', undefined],
    ['that has expired is told so', { expiresInMs: 0 }, 's', 'This API key has expired.'],
    ['whose secret the environment has is no key', { secretHash: null }, 's', 'invalid token'],
    [
      'with the secret before the rotation is let in within the grace',
      {
        ...second,
        previousSecretHash: testHash(testSecret('s')),
        previousSecretForMs: hour,
      },
      's',
      undefined,
    ],
    [
      'with the secret before the rotation is refused after the grace',
      { ...second, previousSecretHash: testHash(testSecret('s')), previousSecretForMs: 0 },
      's',
      'invalid token',
    ],
  ])('%s', async (_sentence, over, letter, message) => {
    const key = storedKey(over)
    const { auth } = withKeys([key])
    const authorization = `Bearer ${tokenOf(key, letter)}`
    expect((await refusal(auth, authorization))?.message).toBe(message)
    // And by what is known now, without a read.
    expect((await refusal(auth, authorization))?.message).toBe(message)
  })

  it('that is unknown is answered as a wrong secret is', async () => {
    const { auth } = withKeys([storedKey()])
    const unknown = await refusal(auth, `Bearer ao_zzzzzzzzzzzzzzzz_${testSecret('s')}`)
    const wrong = await refusal(auth, `Bearer ${tokenOf(storedKey(), 'x')}`)
    expect([unknown?.code, unknown?.message]).toEqual([wrong?.code, wrong?.message])
  })

  it('is let in without waiting once it is known', async () => {
    const { auth, rows } = withKeys([storedKey()])
    const authorization = `Bearer ${tokenOf(storedKey())}`
    const first = auth.authenticate({ authorization }, null)
    expect(first).toBeInstanceOf(Promise)
    expect(auth.authenticate({ authorization }, null)).toBeInstanceOf(Promise)
    const viewer = await first
    expect(auth.authenticate({ authorization }, null)).toBe(viewer)
    expect(rows.reads.length).toBe(1)
  })

  it('whose new secret is shown before anybody told of it is read again, once a second', async () => {
    const { auth, clock, rows } = withKeys([storedKey()])
    const show = (letter: string) => refusal(auth, `Bearer ${tokenOf(storedKey(), letter)}`)
    await show('s')
    rows.change(storedKey({ secretHash: testHash(testSecret('t')) }), { silently: true })
    expect(await show('t')).toBe(undefined)
    for (let index = 0; index < 10; index++) await show('x')
    expect(rows.reads.length).toBe(2)
    clock.advance(1000)
    expect((await show('x'))?.message).toBe('invalid token')
    expect(rows.reads.length).toBe(3)
  })

  it('stops working at its deadline without anybody changing it', async () => {
    const key = storedKey({ expiresInMs: hour })
    const { auth, clock } = withKeys([key])
    const authorization = `Bearer ${tokenOf(key)}`
    clock.advance(hour - 1000)
    expect(await refusal(auth, authorization)).toBe(undefined)
    clock.advance(hour)
    expect((await refusal(auth, authorization))?.message).toBe('This API key has expired.')
  })

  it.each<
    [string, Partial<StoredKey>, Partial<Awaited<ReturnType<Authenticator['authenticate']>>>]
  >([
    ['of a tenant does not run the installation', { tenantId: 't', role: 'ADMIN' }, no()],
    ['of a project does not', { projectId: 'p', role: 'ADMIN' }, no()],
    ['of an operator does not', { role: 'OPERATOR' }, no()],
    ['of an administrator of the default tenant does', { role: 'ADMIN' }, yes()],
    [
      'brings what its row says',
      { allowedModels: ['a:*'], priority: 'LOW', projectId: 'p', name: 'n' },
      { allowedModels: ['a:*'], priority: 'LOW', projectId: 'p', displayName: 'n' },
    ],
  ])('%s', async (_sentence, over, expected) => {
    const key = storedKey(over)
    const { auth } = withKeys([key])
    const viewer = await auth.authenticate({ authorization: `Bearer ${tokenOf(key)}` }, null)
    expect(viewer).toMatchObject(expected)
  })

  it('is honoured on an open server, and a wrong one refused there', async () => {
    const { auth } = withKeys([storedKey()], { open: true })
    const of = (token: string) => auth.authenticate({ authorization: `Bearer ${token}` }, null)
    expect((await of(tokenOf(storedKey()))).apiKeyId).toBe(storedKey().id)
    expect((await auth.authenticate({}, null)).displayName).toBe('local')
    expect(auth.anonymous.scopes.size).toBe(0)
    await expect(async () => of(tokenOf(storedKey(), 'x'))).rejects.toThrow('invalid token')
  })
})

const no = () => ({ runsInstallation: false })
const yes = () => ({ runsInstallation: true })

describe('a session', () => {
  const cookieOf = (value: string) => ({ cookie: `theme=dark; ${sessionCookie}=${value}` })

  async function signedIn(over: Partial<StoredKey> = {}) {
    const key = storedKey(over)
    const parts = withKeys([key], { token: 'root' })
    const value = await parts.auth.signIn(tokenOf(key), null)
    const enter = async (given = value) => parts.auth.authenticate(cookieOf(given), null)
    return { ...parts, key, value, enter }
  }

  it('stands for the key that it was begun with', async () => {
    const { enter, key } = await signedIn()
    expect((await enter()).apiKeyId).toBe(key.id)
  })

  it('stands for the bootstrap token, while that stays the same', async () => {
    const { auth } = withKeys([], { token: 'root' })
    const value = await auth.signIn('root', null)
    expect((await auth.authenticate(cookieOf(value), null)).apiKeyId).toBe(keyId)
    const { auth: other } = withKeys([], { token: 'changed' })
    await expect(async () => other.authenticate(cookieOf(value), null)).rejects.toThrow('over')
  })

  it('is not begun with a wrong key', async () => {
    const { auth } = await signedIn()
    await expect(auth.signIn(tokenOf(storedKey(), 'x'), null)).rejects.toThrow('invalid token')
  })

  it('ends with the revocation of its key', async () => {
    const { enter, key, rows } = await signedIn()
    rows.change({ ...key, isRevoked: true })
    await expect.poll(() => enter().catch((error: Error) => error.message)).toMatch('over')
  })

  it('ends with the secret that began it', async () => {
    const { enter, key, rows } = await signedIn()
    rows.change({ ...key, secretHash: testHash(testSecret('t')), previousSecretForMs: 0 })
    await expect.poll(() => enter().catch((error: Error) => error.message)).toMatch('over')
  })

  it('ends after twelve hours', async () => {
    const { clock, enter } = await signedIn()
    clock.advance(12 * 3_600_000)
    await expect(enter()).rejects.toThrow('over')
  })

  it('cannot be made up', async () => {
    const { enter, value } = await signedIn()
    const forged = value.replace(/^k000000000000001/, 'k000000000000002')
    await expect(enter(forged)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(enter(`${value}x`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('after too many wrong tokens', () => {
  function setup() {
    const time = { now: 0 }
    const auth = authOf('right', {
      failures: createFailedAttempts({ allowed: 3, windowMs: 60_000 }),
      now: () => time.now,
    })
    const guess = async (ip: string) => (await refusal(auth, 'Bearer wrong', ip))?.code
    return { auth, time, guess }
  }

  it('an address must wait, and is told how long', async () => {
    const { auth, guess, time } = setup()
    const codes: (string | undefined)[] = []
    for (let index = 0; index < 4; index++) codes.push(await guess('10.0.0.9'))
    expect(codes).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'RATE_LIMITED'])
    time.now = 20_000
    const error = await refusal(auth, 'Bearer wrong', '10.0.0.9')
    expect(error?.details.retryAfterMs).toBe(40_000)
  })

  it('the right token waits for nobody else’s failures', async () => {
    const { auth, guess } = setup()
    for (let index = 0; index < 10; index++) await guess('10.0.0.9')
    expect(await refusal(auth, 'Bearer right', '10.0.0.9')).toBe(undefined)
    expect(await guess('10.0.0.9')).toBe('RATE_LIMITED')
  })

  it('another address need not wait', async () => {
    const { guess } = setup()
    for (let index = 0; index < 5; index++) await guess('10.0.0.9')
    expect(await guess('10.0.0.10')).toBe('FORBIDDEN')
  })

  it('the address may try again when the window is over', async () => {
    const { guess, time } = setup()
    for (let index = 0; index < 5; index++) await guess('10.0.0.9')
    time.now = 60_000
    expect(await guess('10.0.0.9')).toBe('FORBIDDEN')
  })

  it('no header is no guess', async () => {
    const { auth, guess } = setup()
    for (let index = 0; index < 10; index++) await refusal(auth, undefined, '10.0.0.9')
    expect(await guess('10.0.0.9')).toBe('FORBIDDEN')
  })
})
