import { expect, it } from 'vitest'
import { limitBars, resetText } from '#web/pages/providers/limit-bars.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const told = {
  requestsLimit: 500,
  requestsRemaining: 450,
  tokensLimit: 200_000,
  tokensRemaining: 8000,
  resetsAt: '2026-11-22T12:00:40Z',
}

it('shows how much is used of each limit, and how urgent that is', () => {
  expect(limitBars(told, now)).toEqual([
    {
      label: 'Requests',
      short: '450 / 500',
      text: '450 of 500 requests left',
      used: expect.closeTo(0.1),
      tone: 'plain',
    },
    {
      label: 'Tokens',
      short: '8K / 200K',
      text: '8,000 of 200,000 tokens left',
      used: expect.closeTo(0.96),
      tone: 'bad',
    },
  ])
  expect(limitBars({ ...told, tokensRemaining: 30_000 }, now)[1]?.tone).toBe('warn')
})

it('shows nothing where nothing was told, and no bar without a whole', () => {
  expect(limitBars(null, now)).toEqual([])
  const requestsOnly = { ...told, tokensLimit: null, tokensRemaining: null }
  expect(limitBars(requestsOnly, now).map(({ label }) => label)).toEqual(['Requests'])
  const [requests] = limitBars({ ...told, requestsLimit: null }, now)
  expect(requests).toMatchObject({ used: null, short: '450 / –', tone: 'idle' })
})

it('does not alarm by what was told before the last reset', () => {
  const later = now + 60_000
  expect(limitBars(told, later).map(({ tone }) => tone)).toEqual(['idle', 'idle'])
  expect(resetText(told, later)).toBe('was reset since')
  expect(resetText(told, now)).toBe('resets in 40 s')
  expect(resetText({ ...told, resetsAt: null }, now)).toBe('')
})
