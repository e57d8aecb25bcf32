import { type HeaderList } from '#http/answer.ts'
import { hasHeader, isPlain, replayHeaders } from '#http/error-answer.ts'
import { rateLimitHeaders } from '#domain/rate-limit-headers.ts'
import type { RateStanding } from '#domain/rate-limit.ts'
import type { Reply } from '#gateway/call.ts'

const none: HeaderList = []

/**
 * What a caller is told beside the answer: the provider's rate limits, Retry-After and request id; and of an answer that
 * is given again, whose it is. Our own limits, where there are any, replace the provider's headers of the same name.
 *
 * @param rateLimits How our own limits stand for the caller.
 */
export function passedHeaders(
  { attempt, call, headers, isReplay }: Reply,
  rateLimits: readonly RateStanding[],
): HeaderList {
  const limits = rateLimitHeaders(rateLimits)
  let list: string[] | undefined = limits.length > 0 ? [...limits] : undefined
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && isPlain(value) && !hasHeader(limits, name))
      (list ??= []).push(name, value)
  }
  const upstreamId = attempt.upstreamRequestId
  if (upstreamId !== null && isPlain(upstreamId))
    (list ??= []).push('X-Upstream-Request-ID', upstreamId)
  if (isReplay) (list ??= []).push(...replayHeaders(call.id))
  return list ?? none
}
