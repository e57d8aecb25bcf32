import { describe, expect, it } from 'vitest'
import type { AnswerEnd, Chunk } from '#domain/chat.ts'
import type { AttemptRecord } from '#domain/request-record.ts'
import { callerGone } from '#gateway/call.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  testPrice,
  textChunk,
} from '../support/fake-gateway.ts'

/** The attempt of a call that ended so. */
async function attempt(end: Partial<AnswerEnd>, price = testPrice): Promise<AttemptRecord> {
  const adapter = scriptedAdapter(async () =>
    answerOf(
      (async function* () {
        yield endChunk(end)
      })(),
    ),
  )
  const { gateway, observed } = fakeGateway(adapter, { price })
  for await (const _chunk of (await gateway.run(gateway.open(callRequest()))).chunks) continue
  const only = observed[0]?.attempts[0]
  if (!only) throw new Error('no call has ended')
  return only
}

describe('an attempt', () => {
  it('keeps what the table says beside what the provider reported', async () => {
    expect(await attempt({ reportedCost: 7n })).toMatchObject({
      cost: { total: 7n, source: 'PROVIDER_REPORTED' },
      computedCost: 300_000n,
    })
  })

  it.each<[string, Partial<AnswerEnd>]>([
    ['the provider reports no cost', {}],
    ['the provider reports no usage', { reportedCost: 7n, usage: undefined }],
  ])('has nothing to compare where %s', async (_, end) => {
    expect(await attempt(end)).not.toHaveProperty('computedCost')
  })

  it('keeps the service tier that it was priced by', async () => {
    const rates = { input: 0n, output: 0n }
    const price = { ...testPrice, serviceTiers: { flex: rates } }
    expect(await attempt({ serviceTier: 'flex', reportedCost: 7n }, price)).toMatchObject({
      serviceTier: 'flex',
      computedCost: 0n,
    })
    expect(await attempt({}, price)).not.toHaveProperty('serviceTier')
  })
})

/** What a call is charged whose caller left after so many milliseconds, in output tokens. */
async function charged({
  stream,
  thinks,
  firstTokenMs,
}: {
  stream: boolean
  thinks: boolean
  firstTokenMs: number | undefined
}): Promise<number | undefined> {
  const arrived = Promise.withResolvers<void>()
  const adapter = scriptedAdapter(async ({ onSent, cancellation }) => {
    onSent()
    return answerOf(
      (async function* (): AsyncGenerator<Chunk> {
        if (firstTokenMs !== undefined) {
          clock.advance(firstTokenMs)
          yield textChunk('Hello')
        }
        arrived.resolve()
        await new Promise((_resolve, reject) => cancellation.onCancel(reject))
      })(),
    )
  })
  const { gateway, observed, clock } = fakeGateway(adapter, { thinks })
  const body = { model: 'openai:gpt-test', messages: [], max_tokens: 100_000 }
  const call = gateway.open(callRequest({ stream, body, text: JSON.stringify(body) }))
  const read = (async () => {
    for await (const _chunk of (await gateway.run(call)).chunks) continue
  })()
  await arrived.promise
  clock.advance(500)
  call.cancellation.cancel(callerGone())
  await expect(read).rejects.toMatchObject({ code: 'CANCELLED' })
  return observed[0]?.attempts[0]?.usage?.outputTokens
}

describe('a call that nobody saw end', () => {
  it.each([
    ['a stream by what arrived', { stream: true, thinks: false, firstTokenMs: 1000 }, 5 + 64],
    [
      'a stream of a model that thinks by the time to its first token as well',
      { stream: true, thinks: true, firstTokenMs: 1000 },
      5 + 64 + 4000,
    ],
    [
      'a stream that had not begun by all of its time, where the model thinks',
      { stream: true, thinks: true, firstTokenMs: undefined },
      64 + 2000,
    ],
    [
      'a whole answer by all of its time',
      { stream: false, thinks: false, firstTokenMs: undefined },
      64 + 2000,
    ],
  ])('is charged: %s', async (_what, call, outputTokens) => {
    expect(await charged(call)).toBe(outputTokens)
  })
})
