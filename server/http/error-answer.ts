import type { GatewayError, UpstreamRefusal } from '#domain/errors.ts'
import { rateLimitHeaders } from '#domain/rate-limit-headers.ts'
import type { RateStanding } from '#domain/rate-limit.ts'
import type { HeaderList } from './answer.ts'
import { Refusal } from './refusal.ts'

export interface ErrorAnswer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string | Uint8Array
}

/** Statuses after which OpenAI's SDKs try again unless they are told not to. */
const retriedBySdks = new Set([408, 409, 429])

/** Longest wait that a provider may ask of a caller, in seconds; beyond it SDKs go by their own. */
const longestWait = 60

/**
 * An error as REST answers it: v0.7.2's `detail` beside OpenAI's `error`. A provider's own refusal is relayed with its
 * status and its JSON document.
 *
 * @param unchanged Relay the provider's document as it is, even when it has no `error`.
 * @param rateLimits How our own limits stand for the call.
 */
export function errorAnswer(
  error: GatewayError,
  {
    requestId,
    unchanged = false,
    rateLimits = [],
  }: { requestId: string; unchanged?: boolean; rateLimits?: readonly RateStanding[] | undefined },
): ErrorAnswer {
  const { legacyDetail, upstream } = error.details
  const headers = errorHeaders(error, rateLimitHeaders(rateLimits))
  const status = statusOf(error)
  const object = JSON.stringify(errorObject(error, requestId))
  if (upstream && legacyDetail === undefined) {
    return { status, headers, body: relay(upstream, { object, unchanged }) }
  }
  const detail = JSON.stringify(legacyDetail ?? error.message)
  return { status, headers, body: `{"detail":${detail},"error":${object}}` }
}

/** OpenAI's error object, with the request id that leads to the log. */
export function errorObject(
  error: GatewayError,
  requestId: string,
): Readonly<Record<string, unknown>> {
  const issue = error.details.issues?.[0]
  return {
    message: error.message,
    type: error.rule.type,
    param: issue ? fieldPath(issue.path) : null,
    code: error.rule.code ?? error.code.toLowerCase(),
    request_id: requestId,
  }
}

/** A field's path as people write it: `messages[1].role`. */
export function fieldPath(path: readonly string[]): string {
  return path
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('')
}

/** Words are kept by text, so that no digit of the provider's document is lost. */
function relay(
  { contentType, body }: UpstreamRefusal,
  { object, unchanged }: { object: string; unchanged: boolean },
): string | Uint8Array {
  const text = Buffer.from(body).toString('utf8')
  const document = isJson(contentType) ? parsed(text) : undefined
  if (document === undefined || (!unchanged && !isObject(document))) {
    return `{"detail":${JSON.stringify(text)},"error":${object}}`
  }
  if (unchanged || (isObject(document) && 'error' in document)) return body
  const open = text.trimEnd().slice(0, -1).trimEnd()
  return `${open}${open.endsWith('{') ? '' : ','}"error":${object}}`
}

function isJson(contentType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A provider that refuses with a redirect or worse has not said what the caller should see. */
function statusOf(error: GatewayError): number {
  const passedOn = error instanceof Refusal || (error.status >= 400 && error.status <= 599)
  return passedOn ? error.status : error.rule.status
}

/** What an answer says that is another call's, given again under an idempotency key. */
export function replayHeaders(requestId: string): HeaderList {
  return [
    'x-orchestrator-idempotent-replay',
    'true',
    'x-orchestrator-original-request-id',
    requestId,
  ]
}

function errorHeaders(error: GatewayError, limits: HeaderList): HeaderList {
  const { replayOf, retryAfterMs, upstream } = error.details
  const headers = error instanceof Refusal ? [...error.headers, ...limits] : [...limits]
  if (replayOf !== undefined) headers.push(...replayHeaders(replayOf))
  const passedOn = upstream?.headers ?? {}
  const wait =
    retryAfterMs === undefined
      ? retryAfter(passedOn['retry-after'])
      : Math.ceil(retryAfterMs / 1000)
  // Our own limits say truly when they begin anew.
  const own = error.details.allowance !== undefined || error.code === 'RATE_LIMITED'
  if (wait !== undefined) headers.push('Retry-After', `${own ? wait : Math.min(wait, longestWait)}`)
  for (const [name, value] of Object.entries(passedOn)) {
    if (name !== 'retry-after' && isPlain(value) && !hasHeader(limits, name))
      headers.push(name, value)
  }
  const wouldRetry = retriedBySdks.has(error.status) || error.status >= 500
  const told = passedOn['x-should-retry'] !== undefined
  const inVain = !error.retryable && (wouldRetry || error.code === 'BUDGET_EXCEEDED')
  if (!told && (inVain || (own && (wait ?? 0) > longestWait))) {
    headers.push('x-should-retry', 'false')
  }
  if (error.code === 'UNAUTHENTICATED') headers.push('WWW-Authenticate', 'Bearer')
  return headers
}

/** Whether a list has a header. @param name In lower case. */
export function hasHeader(headers: HeaderList, name: string): boolean {
  return headers.some((each, index) => index % 2 === 0 && each.toLowerCase() === name)
}

/** A provider's Retry-After in whole seconds, never negative; a date is counted from now. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = /^\s*-?[\d.]+\s*$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined
}

/** Whether a provider's header value can be sent on. */
export function isPlain(value: string): boolean {
  return /^[\t\u0020-\u007e]*$/.test(value)
}
