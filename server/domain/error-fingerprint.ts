import type { ErrorCode } from './errors.ts'
import type { AttemptRecord } from './request-record.ts'

export interface Failure {
  readonly provider: string | null
  readonly model: string | null
  readonly code: ErrorCode
  readonly message: string
}

/**
 * Takes out of a message what differs between failures of one kind: ids, numbers, addresses and what is quoted.
 * Only the first 500 characters count.
 */
export function messageShape(message: string): string {
  return message
    .slice(0, 500)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>')
    .replace(/\b[a-z]{2,12}[_-](?=[a-z0-9_-]*\d)[a-z0-9_-]{8,}/gi, '<id>')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/\d+(?:[.,:]\d+)*/g, '<n>')
    .replace(/\s+/g, ' ')
    .trim()
}

/**
 * Names a kind of failure: the same provider, model and code, and a message of the same shape.
 *
 * @returns 16 hexadecimal digits; null for CANCELLED, which is no failure.
 */
export function errorFingerprint({ provider, model, code, message }: Failure): string | null {
  if (code === 'CANCELLED') return null
  return hash64([provider ?? '', model ?? '', code, messageShape(message)].join('\u0001'))
}

/** The same for an attempt; null where it did not fail, and where a target was left out for what it cannot do. */
export function attemptFingerprint({
  error,
  model,
  providerName: provider,
  status,
}: Pick<AttemptRecord, 'error' | 'model' | 'providerName' | 'status'>): string | null {
  if (!error || status === 'SKIPPED_INCAPABLE') return null
  return errorFingerprint({ provider, model, code: error.code, message: error.message })
}

/** cyrb53's mixing (bryc, public domain) kept at 64 bits. */
function hash64(text: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return hex(high) + hex(low)
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
