import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HealthState } from '#web/graphql/documents.ts'
import {
  bucketText,
  episodesOf,
  episodeText,
  fitBuckets,
  spanOf,
  stateSince,
  type TimelineBucket,
  timelineTotals,
} from '#web/pages/providers/timeline.ts'

const minute = (index: number) => new Date(Date.UTC(2026, 10, 22, 12, index)).toISOString()

/** A bucket a minute, from noon on. */
const line = (states: readonly HealthState[]): readonly TimelineBucket[] =>
  states.map((state, index) => ({
    at: minute(index),
    state,
    uptimeRatio: state === 'UNKNOWN' ? null : state === 'DOWN' ? 0 : 1,
    requests: 10,
    errors: state === 'DOWN' ? 10 : 0,
  }))

const states = ['HEALTHY', 'DEGRADED', 'DOWN', 'DISABLED', 'UNKNOWN'] as const

it('makes one of neighbours where there is no room, as bad as the worst of them', () => {
  const fitted = fitBuckets(line(['HEALTHY', 'DOWN', 'HEALTHY', 'UNKNOWN', 'UNKNOWN']), 3)
  expect(fitted).toEqual([
    { at: minute(0), state: 'DOWN', uptimeRatio: 0.5, requests: 20, errors: 10 },
    { at: minute(2), state: 'HEALTHY', uptimeRatio: 1, requests: 20, errors: 0 },
    { at: minute(4), state: 'UNKNOWN', uptimeRatio: null, requests: 10, errors: 0 },
  ])
})

it('loses no request and no outage, however little room there is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...states), { maxLength: 300 }),
      fc.integer({ min: 0, max: 200 }),
      (all, most) => {
        const buckets = line(all)
        const fitted = fitBuckets(buckets, most)
        expect(fitted.length).toBeLessThanOrEqual(Math.max(1, most))
        const [before, after] = [timelineTotals(buckets), timelineTotals(fitted)]
        expect([after.requests, after.errors]).toEqual([before.requests, before.errors])
        expect(fitted.some(({ state }) => state === 'DISABLED')).toBe(all.includes('DISABLED'))
      },
    ),
  )
})

it('sums up a range, and knows nothing of one that is not known', () => {
  expect(timelineTotals(line(['HEALTHY', 'DOWN', 'DEGRADED', 'HEALTHY', 'UNKNOWN']))).toEqual({
    uptime: 0.75,
    requests: 50,
    errors: 10,
  })
  expect(timelineTotals(line(['UNKNOWN'])).uptime).toBeNull()
  expect(timelineTotals([])).toEqual({ uptime: null, requests: 0, errors: 0 })
})

it('tells a range as the times in which nothing changed', () => {
  expect(episodesOf(line(['HEALTHY', 'HEALTHY', 'DOWN', 'DOWN', 'HEALTHY']))).toEqual([
    { state: 'HEALTHY', from: minute(0), to: minute(2) },
    { state: 'DOWN', from: minute(2), to: minute(4) },
    { state: 'HEALTHY', from: minute(4), to: null },
  ])
  expect(episodesOf([])).toEqual([])
})

it.each<[readonly HealthState[], HealthState, string | null]>([
  [['HEALTHY', 'DOWN', 'DOWN'], 'DOWN', minute(1)],
  // Within the last bucket the edge says too little.
  [['HEALTHY', 'HEALTHY', 'DOWN'], 'DOWN', null],
  // It was so before the range began.
  [['DOWN', 'DOWN'], 'DOWN', null],
  [['HEALTHY', 'DOWN', 'DOWN'], 'HEALTHY', null],
  [[], 'DOWN', null],
])('knows of %o that it is %s since %s', (all, state, since) => {
  expect(stateSince(line(all), state)).toBe(since)
})

const form = { zone: 'UTC', spanMs: 3_600_000 }

it('says a bucket in one sentence', () => {
  const [known, unknown] = line(['DOWN', 'UNKNOWN'])
  if (!known || !unknown) throw new TypeError('two buckets make two')
  expect(bucketText({ ...known, uptimeRatio: 0.25 }, form)).toBe(
    '12:00: Down, up 25%, 10 requests, 10 errors',
  )
  expect(bucketText({ ...unknown, requests: 0 }, form)).toBe('12:01: not known, no requests')
  expect(bucketText({ ...unknown, requests: 1, errors: 1 }, { ...form, spanMs: 1e9 })).toMatch(
    /^22 Nov.*12:01: not known, 1 request, 1 error$/,
  )
})

it('says how long an episode was', () => {
  const [first, last] = episodesOf(line(['HEALTHY', 'DOWN']))
  if (!first || !last) throw new TypeError('two states make two')
  expect(episodeText(first, form)).toBe('12:00 to 12:01')
  expect(episodeText(last, form)).toBe('since 12:01')
})

it('knows how long a range is', () => {
  expect(spanOf(line(['HEALTHY', 'HEALTHY', 'HEALTHY']))).toBe(120_000)
  expect(spanOf([])).toBe(0)
})
