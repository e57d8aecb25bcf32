import { expect, it } from 'vitest'
import { waterfall } from '#web/pages/requests/waterfall.ts'

const createdAt = '2026-11-22T10:00:00.000Z'

it('shows a failed attempt, and after it the one that answered', () => {
  const falls = waterfall({
    createdAt,
    latencyMs: 1000,
    queuedMs: 100,
    attempts: [
      { startedAt: '2026-11-22T10:00:00.100Z', durationMs: 300, timeToFirstTokenMs: null },
      { startedAt: '2026-11-22T10:00:00.500Z', durationMs: 500, timeToFirstTokenMs: 200 },
    ],
  })
  expect(falls.totalMs).toBe(1000)
  expect(falls.queued).toEqual({ left: 0, waiting: 0.1, streaming: 0 })
  expect(falls.attempts).toEqual([
    { left: 0.1, waiting: 0.3, streaming: 0 },
    { left: 0.5, waiting: 0.2, streaming: 0.3 },
  ])
})

it('takes the attempts so far for the whole while the request runs', () => {
  const { totalMs, queued } = waterfall({
    createdAt,
    latencyMs: null,
    queuedMs: null,
    attempts: [{ startedAt: createdAt, durationMs: 250, timeToFirstTokenMs: null }],
  })
  expect(totalMs).toBe(250)
  expect(queued).toBeNull()
})

it('stays within the picture when clocks disagree', () => {
  const { attempts } = waterfall({
    createdAt,
    latencyMs: 100,
    queuedMs: 0,
    attempts: [{ startedAt: '2026-11-22T09:59:59.990Z', durationMs: 90, timeToFirstTokenMs: 120 }],
  })
  expect(attempts).toEqual([{ left: 0, waiting: 0.9, streaming: 0 }])
})
