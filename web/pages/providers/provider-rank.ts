import type { ProviderFactsFragment } from '#web/graphql/documents.ts'

/** How much somebody has to look at a provider, from what cannot wait to what is well. */
const ranks = ['down', 'disabled', 'impaired', 'stopped', 'unknown', 'fine'] as const

/** `disabled`: by itself; `stopped`: by hand. `impaired`: it works in part, or its key will not do. */
export type ProviderRank = (typeof ranks)[number]

type Facts = Pick<
  ProviderFactsFragment,
  'health' | 'circuit' | 'override' | 'credential' | 'simulated'
>

export function rankOf({ health, circuit, override, credential }: Facts): ProviderRank {
  if (override === 'FORCE_DISABLED') return 'stopped'
  switch (health.state) {
    case 'DOWN':
      return 'down'
    case 'DISABLED':
      return 'disabled'
    case 'DEGRADED':
      return 'impaired'
    case 'HEALTHY':
    case 'UNKNOWN':
      break
  }
  const lacksKey = credential === 'MISSING' || credential === 'REJECTED'
  if (lacksKey || circuit.state !== 'CLOSED') return 'impaired'
  return health.state === 'UNKNOWN' ? 'unknown' : 'fine'
}

/** A number to sort by: the smaller, the worse. Simulated providers come after all real ones. */
export function badness(provider: Facts): number {
  const rank = rankOf(provider)
  // Among those that are well the score says nothing that one could act on, and would make rows jump.
  const score = rank === 'fine' || rank === 'unknown' ? 0 : provider.health.score
  return (provider.simulated ? 10_000 : 0) + ranks.indexOf(rank) * 1000 + score
}
