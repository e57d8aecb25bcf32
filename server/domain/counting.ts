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

/** How a call moved between targets: tries of the same target again, and whether another than the first came last. */
export function moves(attempts: readonly AttemptRecord[]): { retries: number; fellBack: boolean } {
  const first = attempts[0]
  const last = attempts.at(-1)
  if (!first || !last || attempts.length < 2) return { retries: 0, fellBack: false }
  const retries = attempts.filter(
    (attempt, index) => index > 0 && sameTarget(attempt, attempts[index - 1]!),
  ).length
  return { retries, fellBack: !sameTarget(first, last) }
}

const sameTarget = (one: AttemptRecord, other: AttemptRecord): boolean =>
  one.providerName === other.providerName && one.model === other.model
