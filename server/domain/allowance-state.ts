import type { Allowance } from './allowance.ts'
import { type WindowBounds, windowAt } from './allowance-window.ts'

/** A budget or quota as it stands. Amounts are in its unit, instants epoch ms by the database's clock. */
export interface AllowanceState {
  readonly allowance: Allowance
  /** Its scope's value as people know it. */
  readonly label: string
  readonly paused: boolean
  /** Raised by every edit. */
  readonly version: number
  readonly createdAt: number
  /** When this was read. */
  readonly now: number
  readonly window: WindowBounds
  readonly spent: bigint
  readonly held: bigint
  readonly overage: bigint
}

/** What can still be set aside. */
export function remaining({ allowance, spent, held }: AllowanceState): bigint {
  const left = allowance.limit - spent - held
  return left > 0n ? left : 0n
}

/** What was used: of requests at once, those that run. */
export function used({ allowance, spent, held }: AllowanceState): bigint {
  return allowance.unit === 'CONCURRENT_REQUESTS' ? held : spent
}

/** The share of the limit that is used, 1 for all of it; a limit of 0 is always used up. */
export function utilisation(state: AllowanceState): number {
  const { limit } = state.allowance
  return limit === 0n ? 1 : Number(used(state)) / Number(limit)
}

/**
 * The bounds of the window that counts now, where nobody may have made one yet.
 *
 * @param last The newest window that was made; undefined before the first.
 */
export function currentBounds(
  { now, ...rule }: { now: number } & Pick<Allowance, 'period' | 'timeZone'>,
  last: WindowBounds | undefined,
): WindowBounds {
  if (last && (last.endsAt === null || last.endsAt > now)) return last
  const bounds = windowAt(now, rule)
  // After a change of its zone a window begins where the last one ended.
  return { ...bounds, startsAt: Math.max(bounds.startsAt, last?.endsAt ?? bounds.startsAt) }
}
