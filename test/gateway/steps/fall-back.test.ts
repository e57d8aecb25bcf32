import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '#domain/errors.ts'
import { rateRule } from '#test/support/rate-rule.ts'
import { failing, refusing, troubledGateway } from '#test/support/troubled-gateway.ts'

const fine = { plays: [{ says: ['b says so'] }] }

describe('the next target is asked', () => {
  it.each<[ErrorCode, number]>([
    ['PROVIDER_AUTH', 401],
    ['PROVIDER_QUOTA', 429],
    ['PROVIDER_RATE_LIMITED', 429],
  ])('at once after %s', async (code, status) => {
    const { ask, asked, attempts, last } = troubledGateway({
      a: { plays: [refusing(code, status)] },
      b: fine,
    })
    expect(await ask()).toEqual({ text: 'b says so' })
    expect(asked).toEqual(['a', 'b'])
    expect(attempts()).toEqual(['a FAILED', 'b SUCCEEDED'])
    expect(last()).toMatchObject({ providerName: 'b', status: 'SUCCEEDED' })
  })

  it('after what had been promised broke off before its first word', async () => {
    const { ask, asked } = troubledGateway({
      a: { plays: [{ says: [], breaks: failing('PROVIDER_TIMEOUT') }] },
      b: fine,
    })
    expect(await ask()).toEqual({ text: 'b says so' })
    expect(asked).toEqual(['a', 'b'])
  })

  it('which is a larger one where the context was too long and the route names it', async () => {
    const refused = refusing('CONTEXT_LENGTH_EXCEEDED', 400)
    const small = troubledGateway({ a: { plays: [refused] }, b: fine })
    expect(await small.ask()).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' })
    const large = troubledGateway({ c: { plays: [{ says: ['c has room'] }] } })
    const { ask, asked } = troubledGateway(
      { a: { plays: [refused] }, b: fine },
      { route: { larger: large.targets } },
    )
    expect(await ask()).toEqual({ text: 'c has room' })
    expect(asked).toEqual(['a'])
  })

  it('after a refusal of content only where the route says so', async () => {
    const providers = { a: { plays: [refusing('CONTENT_BLOCKED', 400)] }, b: fine }
    expect(await troubledGateway(providers).ask()).toMatchObject({ code: 'CONTENT_BLOCKED' })
    const fallBackOn = new Set<ErrorCode>(['CONTENT_BLOCKED'])
    const { ask } = troubledGateway(providers, { route: { fallBackOn } })
    expect(await ask()).toEqual({ text: 'b says so' })
  })
})

it.each<[ErrorCode, number]>([
  ['PROVIDER_REJECTED', 422],
  ['MODEL_NOT_FOUND', 404],
  ['CONTEXT_LENGTH_EXCEEDED', 400],
])('nobody else is asked what is the caller’s own fault: %s', async (code, status) => {
  const { ask, asked } = troubledGateway({ a: { plays: [refusing(code, status)] }, b: fine })
  expect(await ask()).toMatchObject({ code })
  expect(asked).toEqual(['a'])
})

it('says of each target why it failed when all have', async () => {
  const { ask, last } = troubledGateway({
    a: { plays: [failing('PROVIDER_TIMEOUT')] },
    b: { plays: [refusing('PROVIDER_RATE_LIMITED', 429, { retryAfterMs: 2000 })] },
  })
  const { code, message } = await ask()
  expect(code).toBe('PROVIDER_RATE_LIMITED')
  expect(message).toBe(
    'None of the 2 targets of a-route answered. PROVIDER_TIMEOUT happened. PROVIDER_RATE_LIMITED happened.',
  )
  expect(last()).toMatchObject({ status: 'FAILED', errorCode: code })
})

it('takes no more calls to the next provider than that one takes at once', async () => {
  const { gateway, open, clock, last } = troubledGateway({
    a: { plays: [failing('PROVIDER_TIMEOUT')] },
    b: { ...fine, maxConcurrency: 1 },
  })
  const first = await gateway.run(open())
  const second = gateway.run(open())
  await new Promise(setImmediate)
  clock.advance(300)
  await Array.fromAsync(first.chunks)
  await Array.fromAsync((await second).chunks)
  expect(last()).toMatchObject({ status: 'SUCCEEDED', providerName: 'b', queuedMs: 300 })
})

it('nobody is asked for a caller who has gone', async () => {
  const gone = failing('CANCELLED')
  const troubled = troubledGateway({ a: { plays: [failing('PROVIDER_TIMEOUT')] }, b: fine })
  const call = troubled.open()
  const reading = troubled.read(call)
  call.cancellation.cancel(gone)
  expect(await reading).toMatchObject({ code: 'CANCELLED' })
  expect(troubled.asked).not.toContain('b')
})

it('keeps no place at a provider that the call has left, whoever refused it on its way', async () => {
  const { gateway, open, ask, asked } = troubledGateway(
    {
      a: { plays: [refusing('PROVIDER_AUTH', 401), { says: ['a'] }], maxConcurrency: 1 },
      b: { plays: [{ says: ['b'] }] },
      c: { plays: [{ says: ['c'] }] },
    },
    { rateRules: [rateRule({ only: { PROVIDER: 'b' }, limit: 1 })] },
  )
  const wish = { deny: [], fallbacks: [], maxCost: null, timeoutMs: undefined }
  await ask({ routing: { ...wish, allow: ['b:*'] } })
  const elsewhere = await gateway.run(open())
  expect(asked).toEqual(['b', 'a', 'c'])
  const next = await Promise.race([
    ask({ routing: { ...wish, allow: ['a:*'] } }),
    new Promise(setImmediate).then(() => new Promise(setImmediate)),
  ])
  expect(next).toEqual({ text: 'a' })
  for await (const _ of elsewhere.chunks);
})
