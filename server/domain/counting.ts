import type { AttemptRecord, RequestRecord } from './request-record.ts'

/** Longest name under which anything is counted; longer ones share their first characters. */
export const longestName = 200

/**
 * The model that a call is counted under: the one that answered, else the one asked for; empty where nonsense was
 * asked for, so that callers cannot make up names that every chart then carries.
 */
export function countedModel({ servedModel, requestedModel, errorCode }: RequestRecord): string {
  if (errorCode === 'MODEL_NOT_FOUND' || errorCode === 'INVALID_REQUEST') return ''
  return (servedModel ?? requestedModel).slice(0, longestName)
}

/**
 * How a call moved between targets: tries of the same target again, and whether another than the first choice came last.
 * A target that was skipped was a choice, but no try.
 */
export function moves(attempts: readonly AttemptRecord[]): { retries: number; fellBack: boolean } {
  const [first] = attempts
  if (!first || attempts.length < 2) return { retries: 0, fellBack: false }
  const tries = attempts.filter(({ status }) => !status.startsWith('SKIPPED'))
  const retries = tries.filter(
    (attempt, index) => index > 0 && sameTarget(attempt, tries[index - 1]!),
  ).length
  const last = tries.at(-1)
  return { retries, fellBack: last !== undefined && !sameTarget(first, last) }
}

const sameTarget = (one: AttemptRecord, other: AttemptRecord): boolean =>
  one.providerName === other.providerName && one.model === other.model
