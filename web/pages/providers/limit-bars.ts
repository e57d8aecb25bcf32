import { until } from '#web/format/instant.ts'
import { count, shortCount } from '#web/format/number.ts'
import type { ProviderFactsFragment } from '#web/graphql/documents.ts'

/** How much of what a provider allows is left. */
export interface LimitBar {
  readonly label: 'Requests' | 'Tokens'
  /** For narrow places: `12 / 60`. */
  readonly short: string
  readonly text: string
  /** The share that is used, from 0 to 1; null where the provider has not said of how much. */
  readonly used: number | null
  readonly tone: 'plain' | 'warn' | 'bad' | 'idle'
}

type Limits = ProviderFactsFragment['upstreamLimits']

/** The limits that a provider has told of. What it told before its last reset is idle: nobody knows what is left now. */
export function limitBars(limits: Limits, now: number): readonly LimitBar[] {
  if (!limits) return []
  const isOld = limits.resetsAt !== null && Date.parse(limits.resetsAt) <= now
  const pairs = [
    ['Requests', limits.requestsRemaining, limits.requestsLimit],
    ['Tokens', limits.tokensRemaining, limits.tokensLimit],
  ] as const
  return pairs.flatMap(([label, left, all]) => {
    if (left === null && all === null) return []
    const used = left === null || !all ? null : 1 - Math.min(1, left / all)
    return [
      {
        label,
        short: `${shortCount(left)} / ${shortCount(all)}`,
        text: `${count(left)} of ${count(all)} ${label.toLowerCase()} left`,
        used,
        tone: isOld || used === null ? 'idle' : toneOf(used),
      },
    ]
  })
}

const toneOf = (used: number) => (used >= 0.95 ? 'bad' : used >= 0.8 ? 'warn' : 'plain')

/** When all of it is there again: `resets in 12 s`; empty where the provider has not said. */
export function resetText(limits: Limits, now: number): string {
  if (!limits?.resetsAt) return ''
  const text = until(limits.resetsAt, now)
  return text === 'now' ? 'was reset since' : `resets ${text}`
}
