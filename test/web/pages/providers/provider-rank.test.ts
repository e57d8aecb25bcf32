import { expect, it } from 'vitest'
import { aProvider } from '#test/support/a-provider.ts'
import { badness, rankOf } from '#web/pages/providers/provider-rank.ts'

type Changes = NonNullable<Parameters<typeof aProvider>[0]>

it.each<[Changes, string]>([
  [{}, 'fine'],
  [{ health: { state: 'UNKNOWN' } }, 'unknown'],
  [{ health: { state: 'DOWN' } }, 'down'],
  [{ health: { state: 'DEGRADED' } }, 'impaired'],
  [{ health: { state: 'DISABLED' } }, 'disabled'],
  [{ health: { state: 'DISABLED' }, override: 'FORCE_DISABLED' }, 'stopped'],
  [{ health: { state: 'DOWN' }, override: 'FORCE_ENABLED' }, 'down'],
  [{ circuit: { state: 'OPEN' } }, 'impaired'],
  [{ circuit: { state: 'HALF_OPEN' } }, 'impaired'],
  [{ credential: 'REJECTED' }, 'impaired'],
  [{ credential: 'MISSING', health: { state: 'UNKNOWN' } }, 'impaired'],
  [{ credential: 'NOT_NEEDED' }, 'fine'],
])('%o is %s', (changes, rank) => {
  expect(rankOf(aProvider(changes))).toBe(rank)
})

/** From the worst to the best. */
const inOrder: readonly Changes[] = [
  { health: { state: 'DOWN', score: 0 } },
  { health: { state: 'DOWN', score: 10 } },
  { health: { state: 'DISABLED', score: 0 } },
  { health: { state: 'DEGRADED', score: 50 } },
  { health: { state: 'DEGRADED', score: 80 } },
  { override: 'FORCE_DISABLED' },
  { health: { state: 'UNKNOWN' } },
  {},
  { health: { state: 'DOWN', score: 0 }, simulated: true },
  { simulated: true },
]

it('puts what hurts first, and what is simulated last', () => {
  const numbers = inOrder.map((changes) => badness(aProvider(changes)))
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(new Set(numbers).size).toBe(numbers.length)
})

it('makes no difference between those that are well, so that their rows stand still', () => {
  const scores = [90, 100].map((score) => badness(aProvider({ health: { score } })))
  expect(scores[0]).toBe(scores[1])
})
