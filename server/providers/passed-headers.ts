import type { UpstreamHeaders } from './upstream-exchange.ts'

const none: Readonly<Record<string, string>> = Object.freeze({})

/** The headers of a provider's answer that callers may see: rate limits and when to come back. Lower-case names. */
export function passedHeaders(headers: UpstreamHeaders): Readonly<Record<string, string>> {
  let passed: Record<string, string> | undefined
  for (const name in headers) {
    if (!isPassed(name)) continue
    const value = headers[name]
    if (typeof value === 'string') (passed ??= {})[name] = value
  }
  return passed ?? none
}

function isPassed(name: string): boolean {
  const first = name.charCodeAt(0)
  if (first === 0x72) return name.startsWith('retry-after') || name.startsWith('ratelimit')
  return first === 0x78 && (name.startsWith('x-ratelimit-') || name === 'x-should-retry')
}

/** How the provider names this exchange in its own logs. */
export function upstreamRequestId(headers: UpstreamHeaders): string | null {
  const id = headers['x-request-id'] ?? headers['request-id'] ?? headers['x-generation-id']
  return typeof id === 'string' ? id.slice(0, 200) : null
}

/** Whether a content-type may be that of a stream: servers of all kinds leave it out, or call it text. */
export function mayBeEvents(contentType = 'text/event-stream'): boolean {
  return /^\s*(text\/(event-stream|plain)|application\/(octet-stream|x-ndjson))\b/i.test(
    contentType,
  )
}

/** Whether a content-type is JSON, in any spelling. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false
  if (contentType.startsWith('application/json')) return true
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type.startsWith('application/json') || type.endsWith('+json')
}
