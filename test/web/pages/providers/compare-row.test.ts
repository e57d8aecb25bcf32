import { expect, it } from 'vitest'
import { aLiveProvider, aProvider } from '#test/support/a-provider.ts'
import { compareRows, isOutdated, latencyOf } from '#web/pages/providers/compare-row.ts'

it('finds the last second of each provider, and none for those that are not counted', () => {
  const providers = [aProvider(), aProvider({ name: 'simulator', simulated: true })]
  const live = aLiveProvider({ requestsPerSecond: 3 })
  expect(compareRows(providers, [live]).map((row) => row.live)).toEqual([live, null])
})

it('tells the latency of the last minute, and without calls in it that of the last five', () => {
  const live = aLiveProvider({ latencyP95Ms: 90 })
  const row = { provider: aProvider({ health: { latencyP50Ms: 200 } }), live }
  expect(latencyOf(row, 'latencyP95Ms')).toEqual({ ms: 90, minutes: 1 })
  expect(latencyOf(row, 'latencyP50Ms')).toEqual({ ms: 200, minutes: 5 })
  expect(latencyOf({ ...row, live: null }, 'latencyP50Ms').minutes).toBe(5)
})

it('is outdated as soon as the last second tells of another health or circuit', () => {
  const provider = aProvider()
  expect(isOutdated({ provider, live: aLiveProvider() })).toBe(false)
  expect(isOutdated({ provider, live: null })).toBe(false)
  expect(isOutdated({ provider, live: aLiveProvider({ circuit: 'OPEN' }) })).toBe(true)
  expect(isOutdated({ provider, live: aLiveProvider({ health: 'DOWN' }) })).toBe(true)
})
