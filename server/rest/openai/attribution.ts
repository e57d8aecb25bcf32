import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { JsonObject } from '#domain/chat.ts'
import { plainText } from '#domain/plain-text.ts'
import type { Attribution } from '#domain/request-record.ts'

const maxTags = 20
const maxMetadata = 4096

/**
 * Who and what a call is for, as the caller says: `user` in the body, the headers x-orchestrator-session,
 * x-orchestrator-tags (separated by commas) and x-orchestrator-metadata (a JSON object), and traceparent.
 * What is unreadable is left out: it never costs the caller the answer.
 */
export function attribution(
  { headers }: IncomingMessage,
  body: JsonObject,
): Omit<Attribution, 'clientIp'> {
  const { user } = body
  return {
    endUser: typeof user === 'string' ? plainText(user) : null,
    sessionId: plainText(one(headers, 'x-orchestrator-session')),
    tags: tags(one(headers, 'x-orchestrator-tags')),
    metadata: metadata(one(headers, 'x-orchestrator-metadata')),
    traceId: traceId(one(headers, 'traceparent')),
  }
}

function one(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

const noTags: readonly string[] = []

function tags(header: string | undefined): readonly string[] {
  if (header === undefined) return noTags
  const named = header
    .split(',')
    .map((tag) => plainText(tag))
    .filter((tag) => tag !== null)
  return [...new Set(named)].slice(0, maxTags)
}

function metadata(header: string | undefined): JsonObject | null {
  if (header === undefined || header.length > maxMetadata || header.includes('\\u0000')) return null
  try {
    const value: unknown = JSON.parse(header)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null
  } catch {
    return null
  }
}

/** The trace of a W3C traceparent header. */
function traceId(header: string | undefined): string | null {
  if (header === undefined) return null
  const match = /^(?!ff)[\da-f]{2}-((?!0{32})[\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}/.exec(
    header,
  )
  return match?.[1] ?? null
}
