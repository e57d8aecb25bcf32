import type { JsonValue } from '#domain/chat.ts'
import { type ErrorCode, GatewayError } from '#domain/errors.ts'
import { passedHeaders, upstreamRequestId } from '../passed-headers.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { WholeAnswer } from '../upstream.ts'
import { listOf, objectOf, textOf } from './shape.ts'

/** Whose refusal it is, as messages name it. */
export interface Refused {
  readonly provider: string
  readonly model?: string | undefined
  /** The variable that holds the key, for the advice. */
  readonly apiKeyEnv?: string | undefined
  /** The key itself, so that it can be struck out: providers echo it. */
  readonly key?: string | undefined
}

/** What a provider's error says, wherever in the body it says it. */
interface ErrorWords {
  readonly message: string | undefined
  /** Codes and types, lower-case, in one text. */
  readonly codes: string
  /** A status inside the body. */
  readonly status: number | undefined
}

const advice: Partial<Readonly<Record<ErrorCode, string>>> = {
  PROVIDER_REJECTED: 'correct the request',
  CONTEXT_LENGTH_EXCEEDED: 'shorten the messages, or choose a model that takes more',
  CONTENT_BLOCKED: 'change the content, or choose another model',
  PROVIDER_RATE_LIMITED: 'slow down, or choose another model',
  PROVIDER_QUOTA: "raise the limit or the credit of the provider's account",
}

/**
 * Turns an HTTP answer of 300 or more into an error. The provider's own words stay in `details.upstream`.
 *
 * @param epochMs Now, for a Retry-After that is a date.
 */
export function refusalOf(answer: WholeAnswer, about: Refused, epochMs: number): GatewayError {
  const { status, headers, body } = answer
  const contentType = headers['content-type'] ?? ''
  const words = wordsOf(parsed(body) ?? body.toString('utf8', 0, 2000).trim())
  const code = codeOf({ ...words, status })
  const wait = retryAfterMs(headers, epochMs)
  const id = upstreamRequestId(headers)
  return new GatewayError(code, sentence(`answered ${status}`, words.message, { code, about }), {
    ...named(about),
    ...(wait !== undefined && { retryAfterMs: wait }),
    upstream: {
      status,
      contentType,
      body: withoutKey(body, about.key),
      headers: { ...passedHeaders(headers), ...(id !== null && { 'x-upstream-request-id': id }) },
    },
  })
}

/** Turns an error object that stands inside a 200 answer into an error. */
export function inBandError(error: JsonValue | undefined, about: Refused): GatewayError {
  const words = wordsOf(error)
  const code = codeOf({ ...words, status: words.status ?? statusByWords(words) })
  return new GatewayError(
    code,
    sentence('broke its answer off', words.message, { code, about }),
    named(about),
  )
}

/** The body as it came, but for the key where the provider echoes it. */
function withoutKey(body: Buffer, key: string | undefined): Buffer {
  if (key === undefined || key.length < 4 || !body.includes(key)) return body
  return Buffer.from(body.toString('latin1').replaceAll(key, '***'), 'latin1')
}

/** Strikes out what looks like a credential, and the key itself in whole. */
export function scrubbed(text: string, key?: string): string {
  const clean = key !== undefined && key.length >= 4 ? text.replaceAll(key, '***') : text
  return clean
    .replace(/\bBearer\s+[^\s"',}]+/gi, 'Bearer ***')
    .replace(/\b(?:sk|xai|pplx|gsk|rk|pk|sess|key|api)[-_][\w*.-]{4,}/gi, '***')
}

function named({ provider, model }: Refused): { provider: string; model?: string } {
  return { provider, ...(model !== undefined && { model }) }
}

function sentence(
  event: string,
  message: string | undefined,
  { code, about }: { code: ErrorCode; about: Refused },
): string {
  const subject = about.model === undefined ? about.provider : `${about.provider} (${about.model})`
  const said = message === undefined ? '' : `: ${shortened(scrubbed(message, about.key))}`
  const checkKey =
    about.apiKeyEnv === undefined ? 'check its credentials' : `check the key in ${about.apiKeyEnv}`
  const todo = code === 'PROVIDER_AUTH' ? checkKey : (advice[code] ?? 'try again, or another model')
  return `${subject} ${event}${said.replace(/[.;:\s]+$/, '')}; ${todo}.`
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}

function parsed(body: Buffer): JsonValue | undefined {
  try {
    return JSON.parse(body.toString()) as JsonValue
  } catch {
    return undefined
  }
}

/** Knows `{error: {...}}`, `{error: text}`, `{code, error}`, `{detail: text | [{msg}]}`, `{message}` and plain text. */
function wordsOf(value: JsonValue | undefined): ErrorWords {
  if (typeof value === 'string')
    return { message: isMarkup(value) ? undefined : textOf(value), codes: '', status: undefined }
  const outer = objectOf(value) ?? objectOf(listOf(value)[0])
  const inner = objectOf(outer?.['error']) ?? outer
  const metadata = objectOf(inner?.['metadata'])
  const code = inner?.['code'] ?? outer?.['code']
  const codes = [
    code,
    inner?.['type'],
    outer?.['type'],
    metadata?.['error_type'],
    metadata?.['reasons'] && 'moderation',
  ]
  return {
    message:
      textOf(inner?.['message']) ??
      textOf(outer?.['error']) ??
      textOf(outer?.['message']) ??
      detailOf(outer?.['detail']),
    codes: codes
      .filter((part) => typeof part === 'string')
      .join(' ')
      .toLowerCase(),
    status: statusOf(code) ?? statusOf(inner?.['status']),
  }
}

function detailOf(detail: JsonValue | undefined): string | undefined {
  return (
    textOf(detail) ??
    textOf(objectOf(detail)?.['message']) ??
    textOf(objectOf(listOf(detail)[0])?.['msg'])
  )
}

function isMarkup(text: string): boolean {
  return text.trimStart().startsWith('<')
}

function statusOf(code: JsonValue | undefined): number | undefined {
  const number = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code
  return typeof number === 'number' && Number.isInteger(number) && number >= 400 && number < 600
    ? number
    : undefined
}

/** The status that an in-band error would have had: its words are all that there is, and codes say more than others. */
function statusByWords({ codes, message = '' }: ErrorWords): number {
  if (/insufficient_quota|credit|billing/.test(codes)) return 402
  if (/rate_limit|too_many_requests|slow_down/.test(codes)) return 429
  if (/timeout/.test(codes)) return 504
  if (/authentication|permission|api_key/.test(codes)) return 401
  if (/invalid_request|bad_?request|not_found/.test(codes) || contextCodes.test(codes)) return 400
  if (/overloaded|unavailable|server_error/.test(codes)) return 503
  if (outOfCredit.test(message)) return 402
  if (tooOften.test(message)) return 429
  return tooLong.test(message) || policyWords.test(message) ? 400 : 503
}

function codeOf({ message = '', codes, status }: ErrorWords): ErrorCode {
  const code = status ?? 503
  const isRequestFault =
    code === 400 || code === 404 || code === 413 || code === 422 || code === 500
  if (contentCodes.test(codes)) return 'CONTENT_BLOCKED'
  if (isRequestFault || code === 403) {
    if (policyWords.test(message)) return 'CONTENT_BLOCKED'
    if (contextCodes.test(codes) || tooLong.test(message)) return 'CONTEXT_LENGTH_EXCEEDED'
    if (/invalid_api_key/.test(codes) || /(incorrect|invalid) api key/i.test(message))
      return 'PROVIDER_AUTH'
  }
  if (code === 402) return 'PROVIDER_QUOTA'
  if (code === 429 || code === 403) {
    if (/insufficient_quota|credit|spend_limit|hard_limit|billing|quota_exceeded/.test(codes))
      return 'PROVIDER_QUOTA'
    if (outOfCredit.test(message)) return 'PROVIDER_QUOTA'
  }
  if (code === 429) return 'PROVIDER_RATE_LIMITED'
  if (code === 401 || code === 403) return 'PROVIDER_AUTH'
  if (code === 408 || code === 504) return 'PROVIDER_TIMEOUT'
  if (code >= 500) return 'PROVIDER_UNAVAILABLE'
  return code < 400 ? 'PROVIDER_PROTOCOL' : 'PROVIDER_REJECTED'
}

const contextCodes = /context_length|string_above_max|context_window|context_size|context_exceeded/
const contentCodes =
  /content_filter|content_policy|moderation|responsible_?ai|data_inspection|prohibited_content/
const policyWords =
  /content (\w+ )?policy|safety system|requires moderation|flagged by moderation|(violates?|violation of) (our |the )?usage (guidelines|polic)|content exists risk/i
const tooOften = /rate limit|too many requests|(requests|tokens) per (second|minute|day)/i
const tooLong =
  /maximum (context|prompt) length|context (length|window|size)|(prompt|input|request) (is )?too long|too many (input )?tokens|tokens? (count )?.{0,40}exceeds? the (maximum|limit)/i
const outOfCredit =
  /exceeded your current quota|insufficient (credit|balance|quota|funds)|spending limit|(have|has)(n't| not|) any credits|used all available credits/i
