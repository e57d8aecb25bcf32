import { expect, it } from 'vitest'
import { refusing, troubledGateway } from '#test/support/troubled-gateway.ts'

const fine = { says: ['ok'] }

it('leaves a target alone until its Retry-After is over', async () => {
  const { ask, asked, attempts, clock } = troubledGateway({
    a: { plays: [refusing('PROVIDER_RATE_LIMITED', 429, { retryAfterMs: 3000 }), fine] },
  })
  await ask()
  clock.advance(2900)
  expect(await ask()).toMatchObject({
    code: 'PROVIDER_RATE_LIMITED',
    message: 'a:m was not asked. It limits us, and rests for another 1 s.',
  })
  expect(attempts()).toEqual(['a SKIPPED_RATE_LIMITED'])
  expect(asked).toHaveLength(1)
  clock.advance(100)
  expect(await ask()).toEqual({ text: 'ok' })
})

it('sends its calls elsewhere meanwhile', async () => {
  const { ask, asked } = troubledGateway({
    a: { plays: [refusing('PROVIDER_RATE_LIMITED', 429, { retryAfterMs: 60_000 })] },
    b: { plays: [fine] },
  })
  for (let call = 0; call < 3; call++) expect(await ask()).toEqual({ text: 'ok' })
  expect(asked).toEqual(['a', 'b', 'b', 'b'])
})

it('asks nobody who has said that there is nothing left', async () => {
  const headers = {
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '2s',
  }
  const upstream = { status: 503, contentType: '', body: new Uint8Array(), headers }
  const { ask, asked, clock } = troubledGateway({
    a: { plays: [refusing('PROVIDER_TIMEOUT', 503, { upstream }), fine] },
  })
  await ask()
  expect(await ask()).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' })
  clock.advance(2000)
  expect(await ask()).toEqual({ text: 'ok' })
  expect(asked).toHaveLength(2)
})
