import { afterEach, expect, it } from 'vitest'
import type { RateLimitRule } from '#domain/rate-limit.ts'
import { createClientIp } from '#http/client-ip.ts'
import { memoryCounters } from '#limits/memory-counters.ts'
import { createRateLimits } from '#limits/rate-limits.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { openAiDouble } from '#test/support/openai-double.ts'
import { rateRule } from '#test/support/rate-rule.ts'
import { openDoor } from '#test/support/rest-door.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** The REST door before a provider, with real limits in memory. */
async function setUp(...rules: Partial<RateLimitRule>[]) {
  const double = await openAiDouble()
  closers.push(() => double.close())
  const rateLimits = createRateLimits({ countersFor: memoryCounters(() => clock.now()), clock })
  rateLimits.activate(rules.map((rule) => rateRule(rule)))
  const door = await openDoor({
    rateLimits,
    providers: [{ name: 'openai', baseUrl: double.baseUrl, apiKeyEnv: 'KEY' }],
    keys: { KEY: 'sk' },
    http: { clientIpOf: createClientIp(['127.0.0.1']) },
  })
  closers.push(() => door.close())
  const ask = async (over: object = {}, headers: Record<string, string> = {}) => {
    const messages = [{ role: 'user', content: 'hi' }]
    const response = await fetch(`${door.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'openai:gpt-test', messages, ...over }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text }
  }
  return { ask, double }
}

it('lets sixty calls a minute pass, counts them down, and refuses the next', async () => {
  const { ask, double } = await setUp({ name: 'per-key' })
  const remaining: (string | null)[] = []
  for (let call = 0; call < 60; call++) {
    const { headers, status } = await ask()
    expect(status).toBe(200)
    remaining.push(headers.get('x-ratelimit-remaining-requests'))
  }
  expect(remaining).toEqual(Array.from({ length: 60 }, (_, call) => `${59 - call}`))
  const { status, headers, text } = await ask()
  expect(status).toBe(429)
  expect(JSON.parse(text)).toMatchObject({
    error: { type: 'rate_limit_error', message: expect.stringContaining('per-key') },
  })
  expect(headers.get('ratelimit-policy')).toBe('"per-key";q=60;w=60')
  const [, reset] = /^"per-key";r=0;t=(\d+)$/.exec(headers.get('ratelimit') ?? '') ?? []
  expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(Number(reset))
  expect(Number(reset)).toBeGreaterThan(0)
  expect(double.calls).toHaveLength(60)
})

it('says how the limits stand on a streamed answer, and on one that failed', async () => {
  const { ask, double } = await setUp({ name: 'rpm', limit: 10 })
  expect((await ask({ stream: true })).headers.get('ratelimit')).toMatch(/^"rpm";r=9;t=\d+$/)
  double.script = (_call, response) => void response.writeHead(500).end('{}')
  const failed = await ask()
  expect(failed.status).toBe(500)
  expect(failed.headers.get('x-ratelimit-remaining-requests')).toBe('8')
  expect(failed.headers.get('retry-after')).toBeNull()
})

it('gives back the tokens that a whole answer did not use before it says what remains', async () => {
  const { ask } = await setUp({ name: 'tpm', unit: 'TOKENS', limit: 10_000 })
  const { headers } = await ask({ max_tokens: 500 })
  expect(headers.get('x-ratelimit-remaining-tokens')).toBe('9984')
})

it('says its own where the provider says something too, and passes the rest on', async () => {
  const { ask, double } = await setUp({ name: 'rpm', limit: 10 })
  double.script = (_call, response) => {
    response.setHeader('x-ratelimit-remaining-requests', '4999')
    response.setHeader('x-ratelimit-remaining-tokens', '777')
    return 'default'
  }
  const { headers } = await ask()
  expect(headers.get('x-ratelimit-remaining-requests')).toBe('9')
  expect(headers.get('x-ratelimit-remaining-tokens')).toBe('777')
})

it('says nothing where no rule applies', async () => {
  const { ask } = await setUp({ each: 'END_USER' })
  const names = [...(await ask()).headers.keys()]
  expect(names.filter((name) => name.includes('ratelimit'))).toEqual([])
})

it('tells end users apart, and addresses behind a trusted proxy', async () => {
  const { ask } = await setUp(
    { name: 'per-user', each: 'END_USER', limit: 1 },
    { name: 'per-address', each: 'CLIENT_IP', limit: 2 },
  )
  const from = (address: string, user: string) =>
    ask({ user }, { 'x-forwarded-for': `6.6.6.6, ${address}` }).then(({ status }) => status)
  expect(await from('203.0.113.1', 'ann')).toBe(200)
  expect(await from('203.0.113.1', 'ann')).toBe(429)
  expect(await from('203.0.113.1', 'bob')).toBe(200)
  expect(await from('203.0.113.1', 'cy')).toBe(429)
  expect(await from('203.0.113.2', 'dee')).toBe(200)
})

it('lets a call wait for the window where the rule says so', async () => {
  const { ask } = await setUp({
    limit: 2,
    windowS: 1,
    onLimit: 'QUEUE',
    maxWaitMs: 10_000,
  })
  const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await ask()).status))
  expect(statuses).toEqual([200, 200, 200, 200])
})
