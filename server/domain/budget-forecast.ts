import type { BudgetPeriodRecord } from './budget-history.ts'

/** Where a budget is heading. Money is ticks. */
export interface BudgetForecast {
  /** What will have been spent when the period ends, if nothing refuses it; of a TOTAL, which never ends, the limit. */
  readonly projectedSpend: bigint
  /** When the limit is reached, epoch ms: now if it is already, null if not in this period. */
  readonly exhaustsAt: number | null
}

/** So much of a period the last ones count for beside it: in its first hours they decide, at its end they hardly do. */
const priorShare = 0.1
/** Before so much of a period is over it says nothing about itself. */
const leastShare = 0.02
/** The same of a TOTAL. */
const leastMs = 3_600_000

/**
 * Continues the rate of spending to the end of the period. The rate is what was spent in this period so far and what the
 * last periods spent in a tenth of one, over the time of both: so the first call of a month is no forecast, and a change
 * of habit shows within days. Without past periods it is this period's own rate, once a fiftieth of it is over; of a
 * TOTAL it is the rate since it was created, once that is an hour.
 *
 * @param startsAt When the period began, or the budget if that was later; epoch ms like `now` and `endsAt`.
 * @param past Periods that have ended; the last three are enough.
 * @returns Null where nothing can be said yet.
 */
export function forecastBudget({
  limit,
  spent,
  startsAt,
  endsAt,
  now,
  past,
}: {
  limit: bigint
  spent: bigint
  startsAt: number
  endsAt: number | null
  now: number
  past: readonly BudgetPeriodRecord[]
}): BudgetForecast | null {
  const elapsed = Math.max(0, now - startsAt)
  const pastMs = past.reduce((sum, { from, to }) => sum + to - from, 0)
  const pastSpent = past.reduce((sum, each) => sum + Number(each.spent), 0)
  const priorMs = endsAt === null || pastMs === 0 ? 0 : (endsAt - startsAt) * priorShare
  const least = endsAt === null ? leastMs : (endsAt - startsAt) * leastShare
  if (priorMs === 0 && elapsed < least) return null
  const priorSpent = priorMs === 0 ? 0 : (pastSpent * priorMs) / pastMs
  const perMs = (Number(spent) + priorSpent) / (elapsed + priorMs)
  const exhaustsAt = exhaustion({ limit, spent, now, perMs })
  if (endsAt === null) {
    const goesOn = perMs > 0 && limit > spent
    return { projectedSpend: goesOn ? limit : spent, exhaustsAt }
  }
  return {
    projectedSpend: spent + BigInt(Math.round(perMs * Math.max(0, endsAt - now))),
    exhaustsAt: exhaustsAt !== null && exhaustsAt < endsAt ? exhaustsAt : null,
  }
}

/** The last instant that a date can be. */
const latest = 8.64e15

function exhaustion({
  limit,
  spent,
  now,
  perMs,
}: {
  limit: bigint
  spent: bigint
  now: number
  perMs: number
}): number | null {
  if (spent >= limit) return now
  if (perMs <= 0) return null
  const at = now + Number(limit - spent) / perMs
  return at <= latest ? at : null
}
