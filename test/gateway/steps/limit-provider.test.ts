import { expect, it } from 'vitest'
import { answerOf, endChunk, MemoryRecords, scriptedAdapter } from '#test/support/fake-gateway.ts'
import { failing, refusing, troubledGateway } from '#test/support/troubled-gateway.ts'

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

it('counts no call that was never sent against what is left', async () => {
  const headers = {
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '2',
    'x-ratelimit-reset-requests': '50s',
  }
  const adapter = scriptedAdapter(async ({ onSent }) => {
    onSent()
    const chunks = async function* () {
      yield endChunk()
    }
    return { ...answerOf(chunks()), headers }
  })
  const poor = new Set<string>()
  class Purse extends MemoryRecords {
    override async begin(...[request, attempt]: Parameters<MemoryRecords['begin']>) {
      if (poor.has(request.id)) throw failing('BUDGET_EXCEEDED')
      return super.begin(request, attempt)
    }
  }
  const { ask, read, open } = troubledGateway(
    { a: { plays: [], adapter } },
    { records: new Purse() },
  )
  expect(await ask()).toEqual({ text: '' })
  for (let call = 0; call < 5; call++) {
    const refused = open()
    poor.add(refused.id)
    expect(await read(refused)).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  }
  expect(await ask()).toEqual({ text: '' })
})
