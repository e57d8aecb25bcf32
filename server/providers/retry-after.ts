import type { UpstreamHeaders } from './upstream-exchange.ts'

const longestMs = 60_000

/**
 * Reads when a provider wants to be asked again: `retry-after-ms`, or `retry-after` in seconds or as a date.
 *
 * @param epochMs Now, for dates.
 * @returns Milliseconds from 0 to 60,000, whatever was sent; undefined when nothing that can be read was.
 */
export function retryAfterMs(headers: UpstreamHeaders, epochMs: number): number | undefined {
  const exact = decimal(headers['retry-after-ms'])
  if (exact !== undefined) return clamped(exact)
  const text = headers['retry-after']
  const seconds = decimal(text)
  if (seconds !== undefined) return clamped(seconds * 1000)
  const date = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : clamped(date - epochMs)
}

function decimal(text: unknown): number | undefined {
  return typeof text === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}

function clamped(ms: number): number {
  return Math.ceil(Math.min(Math.max(ms, 0), longestMs))
}
