import type { CombinedError } from '@urql/core'

/** Why an answer did not come, in words for the one who waits for it. */
export interface Failure {
  readonly message: string
  /** What to quote when asking the operator; null when the request never arrived. */
  readonly requestId: string | null
  /** The server does not know who asks: it wants somebody to sign in. */
  readonly unauthorized: boolean
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)

/** A query's or mutation's error as a {@link Failure}. */
export function failureOf(error: CombinedError): Failure {
  const response = error.response as Response | undefined
  const first = error.graphQLErrors[0]
  const code = text(first?.extensions['code'])
  const requestId =
    text(first?.extensions['requestId']) ?? response?.headers?.get('x-request-id') ?? null
  const status = response?.status
  const unauthorized = status === 401 || code === 'UNAUTHENTICATED'
  if (first) return { message: first.message, requestId, unauthorized }
  if (unauthorized) return { message: 'The server wants you to sign in.', requestId, unauthorized }
  if (status) return { message: `The server answered ${status}.`, requestId, unauthorized }
  return { message: 'The server cannot be reached.', requestId, unauthorized }
}
