import { describe, expect, it } from 'vitest'
import { createLiveMetrics, type LiveMetricsWish } from '#events/live-metrics.ts'
import type { LiveMetrics } from '#events/live-figures.ts'
import type { LiveScope } from '#events/live-scope.ts'
import { adminViewer, FakeClock } from '../support/fake-gateway.ts'
import { attemptOf, failedAttempt, openingOf, recordOf } from '../support/request-record.ts'

const { tenantId } = adminViewer
const stranger = { ...adminViewer, tenantId: '00000000-0000-7000-8000-000000000002' }

function setUp(tenantsWithRealTraffic: string[] = []) {
  const clock = new FakeClock()
  const feed = createLiveMetrics({
    clock,
    tenantsWithRealTraffic,
    providers: () => [
      { name: 'openai', simulated: false },
      { name: 'simulator', simulated: true },
    ],
    healthOf: () => ({ state: 'HEALTHY', circuit: { state: 'CLOSED' } }),
  })
  const watch = ({
    kind = 'TENANT',
    value = '',
    simulated = null,
  }: Partial<LiveScope & LiveMetricsWish> = {}) =>
    feed.subscribe({ viewer: adminViewer, scope: { tenantId, kind, value }, simulated })
  const begin = (record = recordOf()) => {
    feed.observer.callStarted(openingOf(record))
    for (const attempt of record.attempts) feed.observer.attemptStarted(openingOf(record), attempt)
    return record
  }
  const run = (record = recordOf()) => feed.observer.callEnded(begin(record))
  return { clock, feed, watch, begin, run }
}

const simulatedCall = () =>
  recordOf({ attempts: [attemptOf({ providerName: 'simulator', simulated: true })] })
const nextOf = async (events: AsyncIterator<{ items: readonly LiveMetrics[] }, undefined>) => {
  const { value } = await events.next()
  return value?.items.at(-1)
}

describe('live metrics', () => {
  it('come at once, then once a second, with the rates of the last complete second', async () => {
    const { clock, watch, run } = setUp()
    const events = watch({ simulated: false })
    expect(await nextOf(events)).toMatchObject({
      requestsPerSecond: 0,
      latencyP50Ms: null,
      costPerMinute: 0n,
    })
    run()
    run(recordOf({ attempts: [failedAttempt('PROVIDER_TIMEOUT')] }))
    clock.advance(1000)
    expect(await nextOf(events)).toMatchObject({
      requestsPerSecond: 2,
      errorsPerSecond: 1,
      tokensPerSecond: 15,
      costPerMinute: 3000n,
      providers: [{ name: 'openai', requestsPerSecond: 2, errorsPerSecond: 1, health: 'HEALTHY' }],
    })
    clock.advance(1000)
    expect(await nextOf(events)).toMatchObject({ requestsPerSecond: 0, costPerMinute: 3000n })
  })

  it('forget cost and latency after a minute', async () => {
    const { clock, watch, run } = setUp()
    run()
    const events = watch({ simulated: false })
    await nextOf(events)
    let within: LiveMetrics | undefined
    for (let second = 1; second < 60; second++) {
      clock.advance(1000)
      within = await nextOf(events)
    }
    expect(within?.costPerMinute).toBe(3000n)
    expect(within?.latencyP50Ms).toBeCloseTo(120, -1)
    clock.advance(1000)
    expect(await nextOf(events)).toMatchObject({ costPerMinute: 0n, latencyP50Ms: null })
  })

  it('never mix real and simulated traffic', async () => {
    const { clock, watch, run } = setUp()
    const sides = [watch({ simulated: false }), watch({ simulated: true })]
    for (const side of sides) await nextOf(side)
    run()
    run(simulatedCall())
    run(simulatedCall())
    clock.advance(1000)
    const [real, simulated] = await Promise.all(sides.map(nextOf))
    expect(real).toMatchObject({ simulated: false, requestsPerSecond: 1, costPerMinute: 3000n })
    expect(simulated).toMatchObject({ simulated: true, requestsPerSecond: 2, costPerMinute: 6000n })
    expect([real, simulated].map((side) => side?.providers.map(({ name }) => name))).toEqual([
      ['openai'],
      ['simulator'],
    ])
  })

  it('show simulated traffic only to a tenant that has nothing else', async () => {
    const { clock, watch, run } = setUp()
    const events = watch()
    expect((await nextOf(events))?.simulated).toBe(true)
    run()
    clock.advance(1000)
    expect((await nextOf(events))?.simulated).toBe(false)
    expect((await nextOf(setUp([tenantId]).watch()))?.simulated).toBe(false)
  })

  it('count what is under way, by provider', async () => {
    const { clock, feed, watch, begin } = setUp()
    const events = watch({ simulated: false })
    await nextOf(events)
    const running = begin()
    const waiting = recordOf({ attempts: [] })
    feed.observer.callStarted(openingOf(waiting))
    feed.observer.callQueued?.(openingOf(waiting), 'openai')
    clock.advance(1000)
    expect(await nextOf(events)).toMatchObject({
      inFlight: 1,
      queued: 1,
      providers: [{ inFlight: 1 }],
    })
    expect(feed.loadOf('openai')).toEqual({ inFlight: 1, queued: 1 })
    feed.observer.callEnded(running)
    feed.observer.callEnded(waiting)
    expect(feed.loadOf('openai')).toEqual({ inFlight: 0, queued: 0 })
  })

  it.each([
    ['PROVIDER', 'openai'],
    ['MODEL', 'gpt-test'],
    ['END_USER', 'ada'],
    ['CLIENT_IP', '10.0.0.1'],
    ['API_KEY', '019a0000-0000-7000-8000-00000000000a'],
  ] as const)('count a scope by %s alone', async (kind, value) => {
    const { clock, watch, run } = setUp()
    const mine = watch({ kind, value, simulated: false })
    const other = watch({ kind, value: 'another', simulated: false })
    await Promise.all([nextOf(mine), nextOf(other)])
    run(
      recordOf({
        endUser: 'ada',
        clientIp: '10.0.0.1',
        apiKeyId: '019a0000-0000-7000-8000-00000000000a',
      }),
    )
    clock.advance(1000)
    expect((await nextOf(mine))?.requestsPerSecond).toBe(1)
    expect((await nextOf(other))?.requestsPerSecond).toBe(0)
  })

  it('are refused to another tenant’s viewer, and never hold another tenant’s calls', async () => {
    const { clock, feed, watch, run } = setUp()
    const scope = { tenantId, kind: 'TENANT', value: '' } as const
    expect(() => feed.subscribe({ viewer: stranger, scope, simulated: null })).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    )
    const events = watch({ simulated: false })
    await nextOf(events)
    run(recordOf({ tenantId: stranger.tenantId }))
    clock.advance(1000)
    expect((await nextOf(events))?.requestsPerSecond).toBe(0)
  })

  it('go to a slow reader as the latest only', async () => {
    const { clock, watch, run } = setUp()
    const events = watch({ simulated: false })
    await nextOf(events)
    run()
    clock.advance(3000)
    const { value } = await events.next()
    expect(value?.items.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([0])
  })
})
