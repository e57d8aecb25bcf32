import { describe, expect, it } from 'vitest'
import { allScopes } from '#domain/access.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import { createFailedAttempts } from '#auth/failed-attempts.ts'
import { openBindingProblem } from '#auth/open-binding.ts'
import { createTokenAuth, type TokenAuth } from '#auth/token-auth.ts'

const keyId = '019a0000-0000-7000-8000-00000000000a'

function refusal(
  auth: TokenAuth,
  authorization: string | undefined,
  ip = '10.0.0.1',
): GatewayError | undefined {
  try {
    auth.authenticate(authorization, ip)
    return undefined
  } catch (thrown) {
    return asGatewayError(thrown)
  }
}

describe('without a token', () => {
  it.each([undefined, '', '  '])('given as %j, everybody may do everything', (token) => {
    const auth = createTokenAuth({ token, apiKeyId: keyId })
    expect(auth.open).toBe(true)
    const viewer = auth.authenticate('Bearer whatever', null)
    expect([...viewer.scopes]).toEqual(allScopes)
    expect(viewer.apiKeyId).toBe(null)
  })
})

describe('with a token', () => {
  const auth = createTokenAuth({ token: ' tök-1 ', apiKeyId: keyId })

  it('its holder is the key’s row', () => {
    expect(auth.open).toBe(false)
    expect(auth.authenticate('Bearer tök-1', '10.0.0.1').apiKeyId).toBe(keyId)
  })

  it('a stranger has no scopes', () => {
    expect(auth.anonymous.scopes.size).toBe(0)
  })

  it.each([
    [undefined, 'UNAUTHENTICATED', 'missing bearer token'],
    ['Basic tök-1', 'UNAUTHENTICATED', 'missing bearer token'],
    ['Bearer ', 'UNAUTHENTICATED', 'missing bearer token'],
    ['Bearertök-1', 'UNAUTHENTICATED', 'missing bearer token'],
    ['Bearer tök-10', 'FORBIDDEN', 'invalid token'],
    ['Bearer tök-', 'FORBIDDEN', 'invalid token'],
    [`Bearer ${'x'.repeat(30_000)}`, 'FORBIDDEN', 'invalid token'],
  ])('%s is refused', (authorization, code, message) => {
    expect(refusal(auth, authorization)).toMatchObject({ code, message })
  })

  it.each(["' OR 1=1 --", '"; DROP TABLE request; --', 'a b', '\u00ff'])(
    'what no token can be (%j) is refused as nonsense where the token is an ordinary one',
    (nonsense) => {
      const ordinary = createTokenAuth({ token: 'abc', apiKeyId: keyId })
      expect(refusal(ordinary, `Bearer ${nonsense}`)?.code).toBe('UNAUTHENTICATED')
    },
  )
})

describe('after too many wrong tokens', () => {
  function setup() {
    const time = { now: 0 }
    const auth = createTokenAuth({
      token: 'right',
      apiKeyId: keyId,
      failures: createFailedAttempts({ allowed: 3, windowMs: 60_000 }),
      now: () => time.now,
    })
    const guess = (ip: string) => refusal(auth, 'Bearer wrong', ip)?.code
    return { auth, time, guess }
  }

  it('an address must wait, and is told how long', () => {
    const { auth, guess, time } = setup()
    expect([1, 2, 3, 4].map(() => guess('10.0.0.9'))).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
      'FORBIDDEN',
      'RATE_LIMITED',
    ])
    time.now = 20_000
    expect(refusal(auth, 'Bearer wrong', '10.0.0.9')?.details.retryAfterMs).toBe(40_000)
  })

  it('even the right token does not get through from an address that has never shown it', () => {
    const { auth, guess } = setup()
    for (let index = 0; index < 3; index++) guess('10.0.0.9')
    expect(refusal(auth, 'Bearer right', '10.0.0.9')?.code).toBe('RATE_LIMITED')
    expect(refusal(auth, 'Bearer right', '10.0.0.10')).toBe(undefined)
  })

  it('those who share the address and have shown the token go on', () => {
    const { auth, guess } = setup()
    expect(refusal(auth, 'Bearer right', '10.0.0.9')).toBe(undefined)
    for (let index = 0; index < 10; index++) guess('10.0.0.9')
    expect(refusal(auth, 'Bearer right', '10.0.0.9')).toBe(undefined)
    expect(guess('10.0.0.9')).toBe('RATE_LIMITED')
  })

  it('the address may try again when the window is over', () => {
    const { guess, time } = setup()
    for (let index = 0; index < 5; index++) guess('10.0.0.9')
    time.now = 60_000
    expect(guess('10.0.0.9')).toBe('FORBIDDEN')
  })

  it('no header is no guess', () => {
    const { auth } = setup()
    for (let index = 0; index < 10; index++) refusal(auth, undefined, '10.0.0.9')
    expect(refusal(auth, 'Bearer right', '10.0.0.9')).toBe(undefined)
  })
})

it('remembers a bounded number of addresses', () => {
  const failures = createFailedAttempts({ allowed: 1, maxAddresses: 3 })
  for (const address of ['a', 'b', 'c', 'd']) failures.failed(address, 0)
  expect(['a', 'b', 'c', 'd'].map((address) => failures.waitMs(address, 0) > 0)).toEqual([
    false,
    true,
    true,
    true,
  ])
})

it.each([
  ['127.0.0.1', undefined, true],
  ['localhost', '', true],
  ['::1', undefined, true],
  ['127.8.8.8', undefined, true],
  ['0.0.0.0', undefined, false],
  ['::', ' ', false],
  ['192.168.1.4', undefined, false],
  ['127.0.0.1.example.com', undefined, false],
  ['0.0.0.0', 'token', true],
])('bound to %s with token %j it may start: %s', (host, token, may) => {
  const problem = openBindingProblem(host, token)
  expect(problem?.includes('ROUTER_AUTH_TOKEN')).toBe(may ? undefined : true)
})
