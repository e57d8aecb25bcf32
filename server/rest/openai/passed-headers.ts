import { type HeaderList } from '#http/answer.ts'
import { isPlain } from '#http/error-answer.ts'
import type { Answer } from '#gateway/call.ts'

const none: HeaderList = []

/** What a caller is told of the provider's answer: rate limits, Retry-After, and the provider's own request id. */
export function passedHeaders({ headers, attempt }: Answer): HeaderList {
  let list: string[] | undefined
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && isPlain(value)) (list ??= []).push(name, value)
  }
  const upstreamId = attempt.upstreamRequestId
  if (upstreamId !== null && isPlain(upstreamId))
    (list ??= []).push('X-Upstream-Request-ID', upstreamId)
  return list ?? none
}
