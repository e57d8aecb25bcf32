import { dayAndMinute, until, zoneName } from '#web/format/instant.ts'
import { money, shortMoney } from '#web/format/money.ts'
import { percent } from '#web/format/number.ts'
import type { BudgetPeriod, BudgetRowFragment } from '#web/graphql/documents.ts'
import { budgetState, shares } from './budget-risk.ts'

const periods: Readonly<Record<BudgetPeriod, string>> = {
  DAILY: 'a day',
  WEEKLY: 'a week',
  MONTHLY: 'a month',
  TOTAL: 'in all',
}

/** A limit as it was set: to the cent, and finer where it is. */
export function limitText(limit: string): string {
  const fraction = (limit.split('.')[1] ?? '').replace(/0+$/, '')
  return money(limit, Math.max(2, fraction.length))
}

/** A budget's limit as one says it: `$250.00 a month`. */
export function budgetRule({ limit, period }: Pick<BudgetRowFragment, 'limit' | 'period'>): string {
  return `${limitText(limit)} ${periods[period]}`
}

/** When the period ends, in the budget's own zone, and how long that is. */
export function resetText(
  { resetsAt, timeZone }: Pick<BudgetRowFragment, 'resetsAt' | 'timeZone'>,
  now: number,
): { readonly at: string; readonly left: string } {
  if (!resetsAt) return { at: 'Never reset', left: '' }
  const at = `Resets ${dayAndMinute(resetsAt, timeZone, now)} ${zoneName(timeZone)}`
  return { at, left: until(resetsAt, now) }
}

/** What will become of a budget at the current rate, in words. */
export function forecastText(
  budget: BudgetRowFragment,
  now: number,
): { readonly text: string; readonly detail: string } {
  const state = budgetState(budget)
  if (state === 'paused') return { text: 'Paused', detail: 'It neither counts nor refuses.' }
  if (state === 'exhausted') {
    const detail = budget.action === 'BLOCK' ? 'Calls are refused.' : 'Calls go on.'
    return { text: 'Used up', detail }
  }
  const { forecast, timeZone, limit } = budget
  if (!forecast) {
    const text = state === 'at-risk' ? 'Nearly used up' : 'No forecast yet'
    return { text, detail: 'Too little of the period is over to tell when.' }
  }
  if (forecast.exhaustsAt) {
    return {
      text: `Runs out ${until(forecast.exhaustsAt, now)}`,
      detail: `${dayAndMinute(forecast.exhaustsAt, timeZone, now)}, at the current rate`,
    }
  }
  const { used } = shares({ spent: forecast.projectedSpend, reserved: '0', limit })
  return budget.resetsAt
    ? {
        text: 'Lasts',
        detail: `${percent(used)} by the reset, ${shortMoney(forecast.projectedSpend)}`,
      }
    : { text: 'Lasts', detail: 'Nothing is spent at present.' }
}

/** All of a bar in one sentence, for whoever does not see it. */
export function barText({ spent, reserved, remaining, limit }: BudgetRowFragment): string {
  return `${money(spent)} spent, ${money(reserved)} held and ${money(remaining)} left of ${limitText(limit)}`
}
