import { describe, expect, it } from 'vitest'
import { callerGone, type Call, type CallRequest, openCall } from '#gateway/call.ts'
import { memoryCounters } from '#limits/memory-counters.ts'
import { createRateLimits, type RuledRateLimits } from '#limits/rate-limits.ts'
import { callRequest, FakeClock, scriptedAdapter, testPrice } from '#test/support/fake-gateway.ts'
import { rateRule } from '#test/support/rate-rule.ts'
import type { RateLimitRule } from '#domain/rate-limit.ts'

const adapter = scriptedAdapter(() => Promise.reject(new Error('nobody calls it')))

function openedCall(over: Partial<CallRequest> = {}): Call {
  const call = openCall({ ...callRequest(), ...over }, { now: 0, epochMs: 0, configVersion: 1 })
  call.targets = [
    { adapter, model: 'm', price: testPrice, maxOutputTokens: 100_000, simulated: false },
  ]
  return call
}

/** The real limiter in memory: its windows run by the real clock, waiting by the test's. */
function setUp(rules: readonly Partial<RateLimitRule>[], { maxWaiting = 3 } = {}) {
  const clock = new FakeClock()
  const limits = createRateLimits({
    countersFor: memoryCounters(() => clock.now()),
    clock,
    maxWaiting,
  })
  limits.activate(rules.map((rule) => rateRule(rule)))
  const positions: number[] = []
  const take = (call: Call = openedCall()) =>
    limits.take(call, (_call, position) => positions.push(position))
  const outcome = async (call?: Call) => {
    try {
      await take(call)
      return 'taken'
    } catch (error) {
      return error
    }
  }
  return { clock, limits, positions, take, outcome }
}

/** What the call of these tests takes for its text; its output takes 50. */
const bytes = Buffer.byteLength(callRequest().request.text)

/** Lets everything happen that waits for nothing but promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const user = (endUser: string, tenantId?: string) => {
  const { viewer } = callRequest()
  return openedCall({ endUser, viewer: tenantId === undefined ? viewer : { ...viewer, tenantId } })
}

describe('a rule that refuses', () => {
  it('lets as many pass as it says, and names itself to the next', async () => {
    const { outcome } = setUp([{ name: 'per-key', limit: 60 }])
    const outcomes = await Promise.all(Array.from({ length: 61 }, () => outcome()))
    expect(outcomes.filter((each) => each === 'taken')).toHaveLength(60)
    expect(outcomes.at(-1)).toMatchObject({
      code: 'RATE_LIMITED',
      details: { rateLimit: { policy: 'per-key', limit: 60, remaining: 0 } },
    })
  })

  it('tells a call how it stands, refused or not', async () => {
    const { take, outcome } = setUp([{ name: 'r', limit: 1 }])
    const [first, second] = [openedCall(), openedCall()]
    await take(first)
    await outcome(second)
    expect([...first.rateLimits, ...second.rateLimits]).toMatchObject([
      { policy: 'r', limit: 1, windowS: 60, remaining: 0 },
      { policy: 'r', limit: 1, windowS: 60, remaining: 0 },
    ])
  })

  it('is nothing to a call that it is not for', () => {
    const { take } = setUp([{ each: 'END_USER' }, { only: { PROVIDER: 'xai' } }])
    const call = openedCall({ endUser: null })
    expect(take(call)).toBeUndefined()
    expect(call.rateLimits).toBe(openedCall().rateLimits)
  })

  it('counts end users apart, and the same one of two tenants', async () => {
    const { outcome } = setUp([{ each: 'END_USER', limit: 1 }])
    expect(await outcome(user('ann'))).toBe('taken')
    expect(await outcome(user('ann'))).toMatchObject({ code: 'RATE_LIMITED' })
    expect(await outcome(user('bob'))).toBe('taken')
    expect(await outcome(user('ann', 'another tenant'))).toBe('taken')
  })

  it('keeps its count over a new configuration, and takes on its limit', async () => {
    const { limits, outcome } = setUp([{ name: 'r', limit: 1 }])
    await outcome()
    limits.activate([rateRule({ name: 'r', limit: 2 })])
    expect(await outcome()).toBe('taken')
    expect(await outcome()).toMatchObject({ code: 'RATE_LIMITED' })
    limits.activate([])
    expect(await outcome()).toBe('taken')
  })
})

describe('several rules', () => {
  it('are taken from together: what one refuses, the others get back', async () => {
    const { outcome } = setUp([
      { name: 'wide', limit: 3 },
      { name: 'narrow', limit: 1, each: 'END_USER' },
    ])
    await outcome(user('ann'))
    for (let again = 0; again < 5; again++) {
      expect(await outcome(user('ann'))).toMatchObject({
        details: { rateLimit: { policy: 'narrow' } },
      })
    }
    expect(await outcome(user('bob'))).toBe('taken')
    expect(await outcome(user('cy'))).toBe('taken')
  })
})

describe('a rule of tokens', () => {
  const tokens = { unit: 'TOKENS' as const }

  it('takes the bytes and the output limit first, and gives back what was not used', async () => {
    const { take } = setUp([{ ...tokens, limit: 1000 }])
    const call = openedCall()
    const settle = await take(call)
    expect(call.rateLimits[0]?.remaining).toBe(1000 - bytes - 50)
    settle?.(15)
    expect(call.rateLimits[0]?.remaining).toBe(985)
    const next = openedCall()
    await take(next)
    expect(next.rateLimits[0]?.remaining).toBe(985 - bytes - 50)
  })

  it('admits no call that might not fit, however many come at once', async () => {
    const { outcome } = setUp([{ ...tokens, limit: 2 * (bytes + 50) + 10 }])
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome()))
    expect(outcomes.filter((each) => each === 'taken')).toHaveLength(2)
  })

  it('charges what was used beyond the estimate to the same window', async () => {
    const { take, outcome } = setUp([{ ...tokens, limit: 1000 }])
    const settle = await take()
    settle?.(1000)
    expect(await outcome()).toMatchObject({ details: { rateLimit: { remaining: 0 } } })
  })

  it('lets a call that fits into no window have one for itself', async () => {
    const { outcome } = setUp([{ ...tokens, limit: 10 }])
    expect(await outcome()).toBe('taken')
    expect(await outcome()).toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('assumes an output where the call states no limit', async () => {
    const { take } = setUp([{ ...tokens, limit: 10_000, assumedOutputTokens: 300 }])
    const body = { model: 'm' }
    const call = openedCall(callRequest({ body, text: '{}' }))
    await take(call)
    expect(call.rateLimits[0]?.remaining).toBe(10_000 - 2 - 300)
  })

  it('changes nothing once its window has ended', async () => {
    const { clock, take } = setUp([{ ...tokens, limit: 1000 }])
    const settle = await take()
    clock.advance(60_000)
    settle?.(0)
    const next = openedCall()
    await take(next)
    // The limiter's own clock has not moved: had something been given back, it would show.
    expect(next.rateLimits[0]?.remaining).toBe(1000 - 2 * (bytes + 50))
  })
})

describe('a rule that lets calls wait', () => {
  const queueing = {
    onLimit: 'QUEUE' as const,
    unit: 'TOKENS' as const,
    limit: 200,
    maxWaitMs: 5000,
  }

  it('lets them in first come, first served, as soon as something is given back', async () => {
    const { positions, take } = setUp([queueing])
    const order: string[] = []
    const settle = await take(openedCall())
    const second = take(openedCall())?.then((done) => {
      order.push('second')
      return done
    })
    const third = take(openedCall())?.then(() => order.push('third'))
    await settled()
    expect([order, positions]).toEqual([[], [0, 1]])
    settle?.(0)
    const settleSecond = await second
    await settled()
    expect(order).toEqual(['second'])
    settleSecond?.(0)
    await third
    expect(order).toEqual(['second', 'third'])
  })

  it('lets nobody pass those who wait', async () => {
    const { take, positions } = setUp([queueing])
    await take(openedCall())
    void take(openedCall())?.catch(() => {})
    await settled()
    const small = openedCall(callRequest({ text: '{}', body: { max_tokens: 1 } }))
    void take(small)?.catch(() => {})
    await settled()
    expect(positions).toEqual([0, 1])
  })

  it('refuses when the longest wait is over, and says how long it was', async () => {
    const { clock, outcome, take } = setUp([queueing])
    await take(openedCall())
    const calls = [openedCall(), openedCall()]
    const ends = calls.map((call) => outcome(call))
    await settled()
    for (let second = 0; second < 5; second++) {
      clock.advance(1000)
      await settled()
    }
    expect(await Promise.all(ends)).toMatchObject([
      { code: 'RATE_LIMITED' },
      { code: 'RATE_LIMITED' },
    ])
    expect(calls.map(({ queuedMs }) => queuedMs)).toEqual([5000, 5000])
    expect(clock.timers).toBe(0)
  })

  it('lets a call leave that is cancelled, and takes nothing for it', async () => {
    const { outcome, take } = setUp([queueing])
    const settle = await take(openedCall())
    const leaving = openedCall()
    const gone = outcome(leaving)
    await settled()
    leaving.cancellation.cancel(callerGone())
    expect(await gone).toMatchObject({ code: 'CANCELLED' })
    settle?.(0)
    const next = openedCall()
    await take(next)
    expect(next.rateLimits[0]?.remaining).toBe(200 - bytes - 50)
  })

  it('refuses at once when too many wait', async () => {
    const { outcome, take } = setUp([queueing], { maxWaiting: 1 })
    await take(openedCall())
    const waiting = openedCall()
    const first = outcome(waiting)
    await settled()
    expect(await outcome(openedCall())).toMatchObject({ code: 'RATE_LIMITED' })
    waiting.cancellation.cancel(callerGone())
    await first
  })

  it('waits for nothing where another rule refuses', async () => {
    const { outcome, positions } = setUp([
      { ...queueing, name: 'patient', limit: 1, unit: 'REQUESTS' },
      { name: 'strict', limit: 1 },
    ])
    await outcome()
    expect(await outcome()).toMatchObject({ code: 'RATE_LIMITED' })
    expect(positions).toEqual([])
  })
})

describe('what would refuse a call', () => {
  const codes = async (limits: RuledRateLimits, call = openedCall()) =>
    ((await limits.refusals?.(call)) ?? []).map(
      ({ code, details }) => `${code} ${details.rateLimit?.policy}`,
    )

  it('is every rule that has no room for it, and none that lets it wait', async () => {
    const { limits, take } = setUp([
      { name: 'few', limit: 1 },
      { name: 'tokens', unit: 'TOKENS', limit: bytes + 50 },
      { name: 'waits', limit: 1, onLimit: 'QUEUE' },
      { name: 'many', limit: 2 },
    ])
    expect(await codes(limits)).toEqual([])
    await take()
    expect(await codes(limits)).toEqual(['RATE_LIMITED few', 'RATE_LIMITED tokens'])
  })

  it('is not changed by asking', async () => {
    const { limits, take } = setUp([{ name: 'few', limit: 1 }])
    const first = openedCall()
    for (let times = 0; times < 3; times++) expect(await codes(limits, first)).toEqual([])
    await take(first)
    expect(first.rateLimits).toMatchObject([{ remaining: 0 }])
  })

  it('is nothing of rules that are not for it', async () => {
    const { limits } = setUp([{ each: 'END_USER', limit: 1 }])
    expect(await codes(limits, openedCall({ endUser: null }))).toEqual([])
  })
})
