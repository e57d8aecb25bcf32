import { expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import type { RateLimits } from '#gateway/ports.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  textChunk,
} from '#test/support/fake-gateway.ts'
import { rateRule } from '#test/support/rate-rule.ts'
import { failing, troubledGateway } from '#test/support/troubled-gateway.ts'

const hello = () =>
  scriptedAdapter(async (call) => {
    call.onSent()
    return answerOf(
      (async function* () {
        yield textChunk('hello')
        yield endChunk()
      })(),
    )
  })

/** Limits that grant everything, and remember what they are told. */
function granting(): RateLimits & { readonly settled: number[] } {
  const settled: number[] = []
  return { settled, take: async () => (usedTokens) => void settled.push(usedTokens) }
}

it('tells the limits what the call used, before the answer ends', async () => {
  const limits = granting()
  const { gateway } = fakeGateway(hello(), { limits })
  const answer = await gateway.run(gateway.open(callRequest()))
  expect(limits.settled).toEqual([])
  await Array.fromAsync(answer.chunks)
  expect(limits.settled).toEqual([15])
})

it('tells them of nothing used when the call came to no provider', async () => {
  const limits = granting()
  const unreachable = scriptedAdapter(() =>
    Promise.reject(new GatewayError('PROVIDER_NETWORK', 'unreachable')),
  )
  const { gateway } = fakeGateway(unreachable, { limits })
  await expect(gateway.run(gateway.open(callRequest()))).rejects.toThrow('unreachable')
  expect(limits.settled).toEqual([0])
})

it('asks no provider after a refusal, and writes the refusal down', async () => {
  const refusal = new GatewayError('RATE_LIMITED', 'too fast')
  const adapter = scriptedAdapter(() => Promise.reject(new Error('was asked')))
  const { gateway, records } = fakeGateway(adapter, {
    limits: { take: () => Promise.reject(refusal) },
  })
  await expect(gateway.run(gateway.open(callRequest()))).rejects.toBe(refusal)
  expect(records.ended).toMatchObject([
    { status: 'REFUSED', errorCode: 'RATE_LIMITED', httpStatus: 429, attempts: [] },
  ])
})

it('tells the watcher of a wait', async () => {
  const positions: number[] = []
  const limits: RateLimits = {
    async take(call, waits) {
      waits(call, 3)
      return () => {}
    },
  }
  const { gateway } = fakeGateway(hello(), { limits })
  const watcher = { queued: (position: number) => void positions.push(position) }
  await gateway.run(gateway.open({ ...callRequest(), watcher }))
  expect(positions).toEqual([3])
})

it('goes on at once where no rule applies', () => {
  const { gateway } = fakeGateway(hello(), { limits: { take: () => undefined } })
  const call = gateway.open(callRequest())
  void gateway.run(call).catch(() => {})
  expect(call.attempts).toHaveLength(1)
})

it('sends a call to the next provider where a limit is the first one’s', async () => {
  const { ask, asked, attempts } = troubledGateway(
    { a: { plays: [{ says: ['a'] }] }, b: { plays: [{ says: ['b'] }] } },
    { rateRules: [rateRule({ each: 'PROVIDER', limit: 1 })] },
  )
  expect([await ask(), await ask()]).toEqual([{ text: 'a' }, { text: 'b' }])
  expect(attempts()).toEqual(['a SKIPPED_RATE_LIMITED', 'b SUCCEEDED'])
  expect(await ask()).toMatchObject({ code: 'RATE_LIMITED' })
  expect(asked).toEqual(['a', 'b'])
})

it('holds a call that goes on elsewhere to the limits of that provider', async () => {
  const { ask, asked } = troubledGateway(
    {
      a: { plays: [failing('PROVIDER_TIMEOUT')] },
      b: { plays: [{ says: ['b'] }] },
      c: { plays: [{ says: ['c'] }] },
    },
    { rateRules: [rateRule({ only: { PROVIDER: 'b' }, limit: 1 })] },
  )
  expect([await ask(), await ask()]).toEqual([{ text: 'b' }, { text: 'c' }])
  expect(asked).toEqual(['a', 'b', 'a', 'c'])
})
