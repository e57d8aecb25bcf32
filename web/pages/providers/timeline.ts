import { dayAndMinute, hourAndMinute } from '#web/format/instant.ts'
import { count, percent } from '#web/format/number.ts'
import { plural, words } from '#web/format/words.ts'
import type { HealthState, TimelineBucketFragment } from '#web/graphql/documents.ts'

export type TimelineBucket = TimelineBucketFragment

const fromBest: readonly HealthState[] = ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'DOWN', 'DISABLED']

const worst = (states: readonly HealthState[]): HealthState =>
  fromBest[Math.max(0, ...states.map((state) => fromBest.indexOf(state)))] ?? 'UNKNOWN'

/** Mean uptime of buckets of one length; null where nothing is known of any. */
function uptimeOf(buckets: readonly TimelineBucket[]): number | null {
  const known = buckets.flatMap(({ uptimeRatio }) => uptimeRatio ?? [])
  return known.length === 0 ? null : known.reduce((sum, ratio) => sum + ratio, 0) / known.length
}

const sumOf = (buckets: readonly TimelineBucket[], of: 'requests' | 'errors') =>
  buckets.reduce((sum, bucket) => sum + bucket[of], 0)

/** So few buckets that each can be seen: neighbours become one, as bad as the worst of them. */
export function fitBuckets(
  buckets: readonly TimelineBucket[],
  most: number,
): readonly TimelineBucket[] {
  const size = Math.max(1, Math.ceil(buckets.length / Math.max(1, most)))
  if (size === 1) return buckets
  const groups = Array.from({ length: Math.ceil(buckets.length / size) }, (_, index) =>
    buckets.slice(index * size, (index + 1) * size),
  )
  return groups.flatMap((group) => {
    const [first] = group
    if (!first) return []
    return [
      {
        at: first.at,
        state: worst(group.map(({ state }) => state)),
        uptimeRatio: uptimeOf(group),
        requests: sumOf(group, 'requests'),
        errors: sumOf(group, 'errors'),
      },
    ]
  })
}

/** What a provider was over a whole range. */
export function timelineTotals(buckets: readonly TimelineBucket[]): {
  readonly uptime: number | null
  readonly requests: number
  readonly errors: number
} {
  return {
    uptime: uptimeOf(buckets),
    requests: sumOf(buckets, 'requests'),
    errors: sumOf(buckets, 'errors'),
  }
}

/** A time in which a provider was the same. */
export interface Episode {
  readonly state: HealthState
  readonly from: string
  /** Null: it lasts. */
  readonly to: string | null
}

/** The times of a range, oldest first, each to the edge of a bucket. */
export function episodesOf(buckets: readonly TimelineBucket[]): readonly Episode[] {
  const starts = buckets.filter(({ state }, index) => state !== buckets[index - 1]?.state)
  return starts.map(({ at, state }, index) => ({
    state,
    from: at,
    to: starts[index + 1]?.at ?? null,
  }))
}

/**
 * Since when a provider has been what it is now, to the edge of a bucket.
 *
 * @param buckets Up to now.
 * @returns Null where that was within the last bucket, or before the first, or is not what it is now.
 */
export function stateSince(buckets: readonly TimelineBucket[], state: HealthState): string | null {
  const [first, last] = [buckets[0], buckets.at(-1)]
  const episode = episodesOf(buckets).at(-1)
  if (episode?.state !== state || episode.from === first?.at || episode.from === last?.at)
    return null
  return episode.from
}

/** A moment of a range that goes on, in as few words as its length allows. */
function momentText(at: string, { zone, spanMs }: { zone: string; spanMs: number }): string {
  return spanMs > 86_400_000 ? dayAndMinute(at, zone) : hourAndMinute(at, zone)
}

export function spanOf(buckets: readonly TimelineBucket[]): number {
  const [first, last] = [buckets[0], buckets.at(-1)]
  return first && last ? Date.parse(last.at) - Date.parse(first.at) : 0
}

/** A bucket in one sentence: `14:03: Down, up 20%, 12 requests, 4 errors`. */
export function bucketText(
  { at, state, uptimeRatio, requests, errors }: TimelineBucket,
  { zone, spanMs }: { zone: string; spanMs: number },
): string {
  const parts = [
    state === 'UNKNOWN' ? 'not known' : words(state),
    uptimeRatio === null ? '' : `up ${percent(uptimeRatio)}`,
    requests === 0
      ? 'no requests'
      : `${count(requests)} ${requests === 1 ? 'request' : 'requests'}, ${plural(errors, 'error')}`,
  ]
  return `${momentText(at, { zone, spanMs })}: ${parts.filter(Boolean).join(', ')}`
}

/** An episode in words: `14:03 to 14:09`, `since 14:09`. */
export function episodeText(
  { from, to }: Episode,
  { zone, spanMs }: { zone: string; spanMs: number },
): string {
  const start = momentText(from, { zone, spanMs })
  return to === null ? `since ${start}` : `${start} to ${momentText(to, { zone, spanMs })}`
}
