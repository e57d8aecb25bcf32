import { describe, expect, it } from 'vitest'
import { type LostAttempt, lostCall } from '#domain/lost-call.ts'
import type { AttemptOpening } from '#domain/request-record.ts'
import { attemptOf, openingOf, recordOf } from '#test/support/request-record.ts'

const request = openingOf(recordOf())
const under = (opening: AttemptOpening): LostAttempt => ({ opening, hasEnded: false })

describe('lostCall', () => {
  it('charges every attempt that was under way its hold, flagged', () => {
    const call = lostCall(
      request,
      [under(attemptOf()), under(attemptOf({ index: 1, providerName: 'xai' }))],
      {
        finishedAt: 5,
      },
    )
    expect(call).toMatchObject({
      status: 'FAILED',
      errorCode: 'INTERNAL',
      finishedAt: 5,
      providerName: 'xai',
      cost: { total: 20_000n, source: 'PRICE_TABLE' },
      usage: { inputTokens: 200, outputTokens: 200, source: 'ESTIMATED' },
    })
  })

  it('charges nothing for what had failed before, and cost nothing', () => {
    const failed = { opening: attemptOf(), hasEnded: true }
    const { attempts, cost } = lostCall(request, [failed, under(attemptOf({ index: 1 }))], {
      finishedAt: 5,
    })
    expect(attempts.map(({ usage }) => usage === null)).toEqual([true, false])
    expect(cost).toMatchObject({ total: 10_000n })
  })

  it('leaves unpriced what has no price', () => {
    const hold = { inputTokens: 1, outputTokens: 1, cost: null, priceVersion: null }
    expect(lostCall(request, [under(attemptOf({ hold }))], { finishedAt: 5 }).cost).toMatchObject({
      total: null,
      source: 'UNPRICED',
    })
  })
})
