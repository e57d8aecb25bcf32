import { expect, it } from 'vitest'
import type { LiveSample } from '#web/live-metrics.svelte.ts'
import { chartMetrics } from '#web/pages/overview/chart-metrics.ts'
import { liveFrame, newest, plotSeries, rangeFrame } from '#web/pages/overview/chart-series.ts'

const [requests, latency] = chartMetrics

const provider = (name: string, requestsPerSecond: number): LiveSample['providers'][number] => ({
  name,
  requestsPerSecond,
  errorsPerSecond: 0,
  tokensPerSecond: 0,
  costPerMinute: '0.25',
  inFlight: 0,
  latencyP50Ms: null,
  latencyP95Ms: requestsPerSecond > 0 ? 800 : null,
  health: 'HEALTHY',
  circuit: 'CLOSED',
})

const sample = (second: number, rates: Record<string, number>): LiveSample => ({
  at: new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString(),
  inFlight: 0,
  queued: 0,
  providers: Object.entries(rates).map(([name, rate]) => provider(name, rate)),
})

const everyone = () => true

it('draws the providers that were busy, and of those who joined later only since then', () => {
  const frame = liveFrame(
    [sample(0, { a: 1, idle: 0 }), sample(1, { a: 2, b: 3, idle: 0 })],
    everyone,
  )
  expect(frame.names).toEqual(['a', 'b'])
  expect(frame.column(requests!, 'b')).toEqual([null, 3])
  expect(frame.column(latency!, 'idle')).toEqual([null, null])
})

it('keeps simulated providers out of real charts', () => {
  const frame = liveFrame([sample(0, { real: 1, sim: 9 })], (name) => name !== 'sim')
  expect(frame.names).toEqual(['real'])
})

it('shows one flat line while nobody is busy', () => {
  expect(liveFrame([sample(0, { b: 0, a: 0 })], everyone).names).toEqual(['b'])
})

it.each([
  [10, 60],
  [200, 200],
  [900, 300],
])('shows after %s s of samples a span of %s s', (seconds, spanS) => {
  const { span } = liveFrame([sample(0, { a: 1 }), sample(seconds, { a: 1 })], everyone)
  const [from = 0, to = 0] = span ?? []
  expect(to - from).toBe(spanS)
})

it('draws a range by provider, with one name for the rest', () => {
  const series = (value: string, isOther: boolean) => ({
    key: [{ value, label: value }],
    isOther,
    metric: 'REQUESTS' as const,
    values: [1, null],
    exact: null,
  })
  const frame = rangeFrame({
    buckets: ['2026-11-22T10:00:00Z', '2026-11-22T10:01:00Z'],
    lastBucketPartial: true,
    series: [series('openai', false), series('', true)],
  })
  expect(frame.names).toEqual(['Other', 'openai'])
  expect(frame.column(requests!, 'openai')).toEqual([1, null])
  expect(frame.column(latency!, 'openai')).toEqual([null, null])
  expect(frame.lastPartial).toBe(true)
})

it('adds rates up, and takes the worst of percentiles', () => {
  const frame = liveFrame([sample(0, { a: 1, b: 3 })], everyone)
  const lines = plotSeries(frame, requests!, { names: ['a', 'b'], colours: new Map() })
  expect(newest(lines, 'sum')).toBe(4)
  expect(newest(lines, 'worst')).toBe(3)
  expect(newest([], 'sum')).toBeNull()
})
