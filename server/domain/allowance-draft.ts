import type { Allowance, AllowanceAction, AllowancePeriod } from './allowance.ts'
import { windowAt } from './allowance-window.ts'
import { type FieldIssue, GatewayError } from './errors.ts'

/** A budget or quota as somebody wants it to be. */
export type AllowanceDraft = Omit<Allowance, 'id' | 'tenantId' | 'timeZone'> & {
  /** Undefined: the tenant's reporting zone. */
  readonly timeZone: string | undefined
}

/** What of a budget or quota is to change; what is undefined stays as it is. */
export interface AllowanceEdit {
  readonly name?: string | undefined
  readonly limit?: bigint | undefined
  readonly action?: AllowanceAction | undefined
  readonly thresholds?: readonly number[] | undefined
  /** In which the next window begins; the current one ends as it was going to. */
  readonly timeZone?: string | undefined
  /** A paused one neither counts nor refuses. */
  readonly paused?: boolean | undefined
}

const longestName = 200
const longestValue = 500
const largestLimit = 2n ** 63n - 1n
const mostThresholds = 20
const largestThreshold = 10

const budgetPeriods: readonly AllowancePeriod[] = ['DAY', 'WEEK', 'MONTH', 'TOTAL']
const quotaPeriods: readonly AllowancePeriod[] = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH']

/**
 * Says what of a draft makes no sense, by the names of the GraphQL inputs. Whether its scope exists is for whoever
 * has the tables.
 */
export function draftIssues(draft: AllowanceDraft): readonly FieldIssue[] {
  const { kind, name, scope, limit, action, timeZone, thresholds } = draft
  const says = (faulty: boolean, path: string, message: string): readonly FieldIssue[] =>
    faulty ? [issue(path, message)] : []
  return [
    ...says(!isLine(name, longestName), 'name', `must have 1 to ${longestName} characters`),
    ...says(
      !isLine(scope.value, longestValue),
      'scope.value',
      `must have 1 to ${longestValue} characters`,
    ),
    ...says(limit < 0n, 'limit', 'must be 0 or more'),
    ...says(limit > largestLimit, 'limit', `must be at most ${largestOf(kind)}`),
    ...says(timeZone !== undefined && !isZone(timeZone), 'timeZone', 'must be an IANA time zone'),
    ...says(kind === 'QUOTA' && action !== 'BLOCK', 'action', 'must be BLOCK for a quota'),
    ...says(
      !areThresholds(thresholds),
      'alertThresholds',
      `must be at most ${mostThresholds} ascending numbers above 0, up to ${largestThreshold}`,
    ),
    ...unitIssues(draft),
  ]
}

/** @throws {GatewayError} INVALID_REQUEST with all issues, if there is one. */
export function refuseIssues(issues: readonly FieldIssue[]): void {
  const [first] = issues
  if (!first) return
  const field = first.path.slice(1).join('.')
  throw new GatewayError('INVALID_REQUEST', `\`${field}\` ${first.message}.`, { issues })
}

/** @param path Below `input`, joined by dots. */
export function issue(path: string, message: string): FieldIssue {
  return { path: ['input', ...path.split('.')], message }
}

function unitIssues({ kind, unit, period }: AllowanceDraft): readonly FieldIssue[] {
  if (kind === 'BUDGET') {
    return unit === 'TICKS' && budgetPeriods.includes(period)
      ? []
      : [issue('period', 'must be DAILY, WEEKLY, MONTHLY or TOTAL')]
  }
  if (unit === 'TICKS') return [issue('unit', 'must not be money for a quota')]
  if (unit === 'CONCURRENT_REQUESTS')
    return period === 'TOTAL' ? [] : [issue('window', 'must be NONE for CONCURRENT_REQUESTS')]
  return quotaPeriods.includes(period)
    ? []
    : [
        issue(
          'window',
          'must be SECOND, MINUTE, HOUR, DAY or MONTH: NONE is for CONCURRENT_REQUESTS',
        ),
      ]
}

const largestOf = (kind: Allowance['kind']) =>
  kind === 'BUDGET' ? '922337203.6854775807 US dollars' : String(largestLimit)

/** Whether a text is one line that says something and can be stored. */
function isLine(text: string, longest: number): boolean {
  return (
    text.trim() !== '' && text.length <= longest && text.isWellFormed() && !/\p{Cc}/u.test(text)
  )
}

function areThresholds(thresholds: readonly number[]): boolean {
  return (
    thresholds.length <= mostThresholds &&
    thresholds.every(
      (each, index) =>
        each > (index === 0 ? 0 : (thresholds[index - 1] ?? 0)) && each <= largestThreshold,
    )
  )
}

function isZone(timeZone: string): boolean {
  try {
    return windowAt(0, { period: 'DAY', timeZone }).endsAt !== null
  } catch {
    return false
  }
}
