import { uptime } from '#web/format/duration.ts'
import { ago, until } from '#web/format/instant.ts'
import { words } from '#web/format/words.ts'
import type { ProviderFactsFragment } from '#web/graphql/documents.ts'
import { type ProviderRank, rankOf } from './provider-rank.ts'

/** What is wrong with a provider, in sentences. */
export interface Trouble {
  readonly rank: ProviderRank
  readonly title: string
  readonly why: string
  /** What the gateway does about it, and what would help. */
  readonly answer: string
}

/**
 * What is wrong with a provider, and what happens to calls meanwhile.
 *
 * @param now Epoch milliseconds.
 * @returns Null while nothing is.
 */
export function troubleOf(provider: ProviderFactsFragment, now: number): Trouble | null {
  const rank = rankOf(provider)
  if (rank === 'fine' || rank === 'unknown') return null
  return {
    rank,
    title: titleOf(provider, rank),
    why: whyOf(provider),
    answer: answerTo(provider, now),
  }
}

function titleOf(
  { health, credential, circuit }: ProviderFactsFragment,
  rank: ProviderRank,
): string {
  if (rank === 'stopped') return 'Disabled by hand'
  if (rank === 'disabled') return 'Disabled by itself'
  if (health.state === 'DOWN' || health.state === 'DEGRADED') return words(health.state)
  if (credential === 'MISSING') return 'Key missing'
  if (credential === 'REJECTED') return 'Key rejected'
  return circuit.state === 'OPEN' ? 'Circuit open' : 'Circuit half open'
}

function whyOf({ health, credential }: ProviderFactsFragment): string {
  if (credential === 'MISSING') return 'Its key is not in the environment.'
  if (credential === 'REJECTED') return 'It does not accept the key that the gateway has.'
  const reason = health.reason?.replace(/^Disabled by hand: /, '') ?? 'Some of its models fail.'
  return /[.!?]$/.test(reason) ? reason : `${reason}.`
}

const elsewhere = 'Routes use their other targets; a call that asks for it alone is refused.'

function answerTo({ override, health, circuit, credential }: ProviderFactsFragment, now: number) {
  if (override === 'FORCE_DISABLED') return `No call is sent there. ${elsewhere}`
  if (override === 'FORCE_ENABLED')
    return 'Calls are sent there all the same, because somebody has said so.'
  if (health.state === 'DISABLED')
    return `Only checks are sent there, until they succeed. ${elsewhere}`
  if (credential === 'MISSING')
    return 'Calls to it fail. Set the environment variable that holds its key, and restart.'
  if (credential === 'REJECTED')
    return 'Calls to it are not repeated there; routes use their other targets. Give it a valid key.'
  if (circuit.state === 'OPEN')
    return `Models that fail are left alone, and one call tries them again ${retryText(circuit, now)}. Routes use their other targets.`
  if (circuit.state === 'HALF_OPEN')
    return 'One call finds out whether it works again; the others are kept away meanwhile.'
  return 'It is still used: a call that fails is repeated, then sent to the next target of its route.'
}

/** When an open circuit lets a call through: `in 12 s`, or `with the next call` once it is time. */
export function retryText(
  { retryAt }: Pick<ProviderFactsFragment['circuit'], 'retryAt'>,
  now: number,
): string {
  const text = until(retryAt, now)
  return retryAt === null || text === 'now' ? 'with the next call' : text
}

/** A circuit in a word and, where it is not closed, what comes next. */
export function circuitText(
  circuit: ProviderFactsFragment['circuit'],
  now: number,
): { readonly word: string; readonly next: string } {
  switch (circuit.state) {
    case 'CLOSED':
      return { word: 'Closed', next: '' }
    case 'OPEN':
      return { word: 'Open', next: `tries ${retryText(circuit, now)}` }
    case 'HALF_OPEN':
      return { word: 'Half open', next: 'one call tries' }
  }
}

/**
 * How long a provider has been as it is; else, while it is down, when it last worked.
 *
 * @param changedAt When it is known to have changed last; null where nobody knows.
 */
export function sinceText(
  { circuit, health }: ProviderFactsFragment,
  { changedAt, now }: { changedAt: string | null; now: number },
): string {
  const at = changedAt ?? circuit.openedAt
  if (at !== null) {
    const seconds = (now - Date.parse(at)) / 1000
    return seconds < 1 ? 'just now' : `for ${uptime(seconds)}`
  }
  if (health.state !== 'DOWN' || health.lastSuccessAt === null) return ''
  return `last success ${ago(health.lastSuccessAt, now)}`
}
