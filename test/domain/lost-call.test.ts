import { describe, expect, it } from 'vitest'
import { lostCall } from '#domain/lost-call.ts'
import { attemptOf, openingOf, recordOf } from '#test/support/request-record.ts'

const request = openingOf(recordOf())

describe('lostCall', () => {
  it('charges every attempt that was under way its hold, flagged', () => {
    const call = lostCall(request, [attemptOf(), attemptOf({ index: 1, providerName: 'xai' })], {
      finishedAt: 5,
    })
    expect(call).toMatchObject({
      status: 'FAILED',
      errorCode: 'INTERNAL',
      finishedAt: 5,
      providerName: 'xai',
      cost: { total: 20_000n, source: 'PRICE_TABLE' },
      usage: { inputTokens: 200, outputTokens: 200, source: 'ESTIMATED' },
    })
  })

  it('leaves unpriced what has no price', () => {
    const hold = { inputTokens: 1, outputTokens: 1, cost: null, priceVersion: null }
    expect(lostCall(request, [attemptOf({ hold })], { finishedAt: 5 }).cost).toMatchObject({
      total: null,
      source: 'UNPRICED',
    })
  })
})
