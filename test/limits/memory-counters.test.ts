import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { memoryCounters } from '#limits/memory-counters.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const counters = () => memoryCounters(() => performance.now())({ name: 'r', limit: 5, windowS: 60 })

it('a look begins no window', async () => {
  const { look, take } = counters()
  expect(await look('key')).toEqual({ remaining: 5, resetMs: 60_000 })
  vi.advanceTimersByTime(30_000)
  expect(await take('key', 2)).toMatchObject({ granted: true, remaining: 3, resetMs: 60_000 })
})

it('a look tells what the window still has, and until when', async () => {
  const { look, take } = counters()
  await take('key', 2)
  vi.advanceTimersByTime(20_000)
  expect(await look('key')).toEqual({ remaining: 3, resetMs: 40_000 })
  vi.advanceTimersByTime(40_000)
  expect(await look('key')).toEqual({ remaining: 5, resetMs: 60_000 })
})
