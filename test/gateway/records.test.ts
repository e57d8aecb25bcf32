import { describe, expect, it } from 'vitest'
import type { AnswerEnd } from '#domain/chat.ts'
import type { AttemptRecord } from '#domain/request-record.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  testPrice,
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
