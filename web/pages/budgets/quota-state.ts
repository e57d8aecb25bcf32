import { dayAndMinute, until, zoneName } from '#web/format/instant.ts'
import { share } from '#web/format/ticks.ts'
import type { QuotaRowFragment } from '#web/graphql/documents.ts'
import { hasZone } from './quota-draft.ts'

/** The share of a quota that is used. */
export function quotaShare({ used, limit }: Pick<QuotaRowFragment, 'used' | 'limit'>): number {
  return share(BigInt(used), BigInt(limit))
}

/** How full a quota is, as a colour. */
export function quotaTone(
  quota: Pick<QuotaRowFragment, 'used' | 'limit'>,
): 'plain' | 'warn' | 'bad' {
  const used = quotaShare(quota)
  return used >= 1 ? 'bad' : used >= 0.8 ? 'warn' : 'plain'
}

/** When its window ends. Short windows only tell how long that is. */
export function quotaReset(
  { resetsAt, window, timeZone }: Pick<QuotaRowFragment, 'resetsAt' | 'window' | 'timeZone'>,
  now: number,
): string {
  if (window === 'NONE') return 'As calls end'
  if (!resetsAt) return 'With the next call'
  const left = until(resetsAt, now)
  return hasZone(window)
    ? `${dayAndMinute(resetsAt, timeZone, now)} ${zoneName(timeZone)}, ${left}`
    : left
}

/** Quotas that hold calls back first, then the fullest. */
export function throttledFirst<Quota extends QuotaRowFragment>(
  quotas: readonly Quota[],
  before: readonly string[] = [],
): readonly Quota[] {
  const placeOf = ({ id }: Quota) => {
    const place = before.indexOf(id)
    return place < 0 ? before.length : place
  }
  return quotas.toSorted(
    (a, b) =>
      Number(b.throttledLastHour > 0) - Number(a.throttledLastHour > 0) ||
      placeOf(a) - placeOf(b) ||
      quotaShare(b) - quotaShare(a) ||
      a.name.localeCompare(b.name),
  )
}
