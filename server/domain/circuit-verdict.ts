import { type ErrorCode, errorRules } from './errors.ts'

/** What the end of an attempt says of whether its target works. */
export type CircuitVerdict = 'SUCCESS' | 'FAILURE' | 'NOTHING'

/** Refusals that only a target that works can give: it has read the request. */
const answers: ReadonlySet<ErrorCode> = new Set([
  'PROVIDER_REJECTED',
  'CONTEXT_LENGTH_EXCEEDED',
  'CONTENT_BLOCKED',
])

/**
 * Judges a target by how an attempt ended. Limits (429), credentials, cancellation and refusals of our own say nothing:
 * each has a mechanism of its own.
 *
 * @param code Null for an answer.
 */
export function circuitVerdict(code: ErrorCode | null): CircuitVerdict {
  if (code === null || answers.has(code)) return 'SUCCESS'
  return errorRules[code].tripsBreaker ? 'FAILURE' : 'NOTHING'
}
