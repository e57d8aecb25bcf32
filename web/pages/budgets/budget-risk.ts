import { share, ticks } from '#web/format/ticks.ts'
import type { BudgetRowFragment } from '#web/graphql/documents.ts'

type Amounts = Pick<BudgetRowFragment, 'spent' | 'reserved' | 'remaining' | 'limit'>

/** How a budget stands. `at-risk`: it runs out before it is reset, or four fifths are gone. */
export type BudgetState = 'paused' | 'exhausted' | 'at-risk' | 'fine'

/** What is drawn of a budget, as shares of its limit. */
export function shares({ spent, reserved, limit }: Pick<Amounts, 'spent' | 'reserved' | 'limit'>) {
  const whole = ticks(limit)
  const used = share(ticks(spent), whole)
  return { used, held: whole <= 0n ? 0 : share(ticks(reserved), whole) }
}

const nearlyAll = 0.8

export function budgetState(budget: BudgetRowFragment): BudgetState {
  if (budget.paused) return 'paused'
  if (ticks(budget.spent) >= ticks(budget.limit)) return 'exhausted'
  const taken = share(ticks(budget.spent) + ticks(budget.reserved), ticks(budget.limit))
  return budget.forecast?.exhaustsAt || taken >= nearlyAll ? 'at-risk' : 'fine'
}

const order: readonly BudgetState[] = ['exhausted', 'at-risk', 'fine', 'paused']

/**
 * Budgets as one wants to see them: what is in trouble first, then what runs out soonest, then what is fullest.
 *
 * @param before The ids as they were last shown: among budgets that stand alike they stay where they are, so that rows
 *   do not jump while amounts move.
 */
export function atRiskFirst<Budget extends BudgetRowFragment>(
  budgets: readonly Budget[],
  before: readonly string[] = [],
): readonly Budget[] {
  const placeOf = (id: string) => {
    const place = before.indexOf(id)
    return place < 0 ? before.length : place
  }
  const ranked = budgets.map((budget) => ({
    budget,
    rank: order.indexOf(budgetState(budget)),
    place: placeOf(budget.id),
    endsAt: budget.forecast?.exhaustsAt ?? '9999',
    used: shares(budget).used,
  }))
  return ranked
    .toSorted(
      (a, b) =>
        a.rank - b.rank ||
        a.place - b.place ||
        a.endsAt.localeCompare(b.endsAt) ||
        b.used - a.used ||
        a.budget.name.localeCompare(b.budget.name),
    )
    .map(({ budget }) => budget)
}
