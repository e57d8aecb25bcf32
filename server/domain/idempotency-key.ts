import { GatewayError } from './errors.ts'

/** Longest key, in UTF-16 units. */
const longest = 255

/** What is wrong with a key; undefined when nothing is. */
export function idempotencyKeyFault(key: string): string | undefined {
  if (key === '') return 'must not be empty'
  if (key.length > longest) return `must have at most ${longest} characters`
  if (/\p{Cc}/u.test(key)) return 'must have no control characters'
  return key.isWellFormed() ? undefined : 'must be well-formed text'
}

/**
 * Reads an Idempotency-Key header: a quoted string as in RFC 9651, or the bare key.
 *
 * @throws {GatewayError} INVALID_REQUEST.
 */
export function parseIdempotencyKey(header: string): string {
  const given = header.trim()
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(given)?.[1]
  const key = quoted?.replaceAll(/\\(["\\])/g, '$1') ?? given
  const torn = quoted === undefined && given.startsWith('"')
  const fault = torn ? 'must be one quoted string' : idempotencyKeyFault(key)
  if (fault === undefined) return key
  throw new GatewayError('INVALID_REQUEST', `Idempotency-Key ${fault}.`, {
    issues: [{ path: ['Idempotency-Key'], message: fault }],
  })
}
