import type * as z from 'zod'
import { type FieldIssue, GatewayError } from '#domain/errors.ts'
import { fieldPath } from '#http/error-answer.ts'

/** Most faults that are named in one answer. */
const maxIssues = 20

/** What zod found wrong, as an error whose message begins with the path of the first field. */
export function invalidRequest(error: z.ZodError): GatewayError {
  const issues = error.issues.slice(0, maxIssues).map((issue) => fieldIssue(issue))
  return refusedFields(issues)
}

/** @param issues At least one. */
export function refusedFields(issues: readonly FieldIssue[]): GatewayError {
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const message = first
    ? `${fieldPath(first.path)}: ${first.message}${more}`
    : 'The request is invalid.'
  return new GatewayError('INVALID_REQUEST', message, { issues })
}

/** Of the branches of a union, the one that came furthest is the one that was meant. */
function fieldIssue(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): FieldIssue {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union') {
    const nested = issue.errors.flat().filter(({ path: inner }) => inner.length > 0)
    const [deepest] = nested.toSorted((one, other) => other.path.length - one.path.length)
    if (deepest) return fieldIssue(deepest, path)
  }
  return { path: path.map(String), message: issue.message }
}
