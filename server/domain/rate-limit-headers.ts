import type { RateStanding } from './rate-limit.ts'

/**
 * What an answer says of the limits that applied to it, as name, value, name, value: RateLimit-Policy and RateLimit
 * (draft-ietf-httpapi-ratelimit-headers) name all of them, OpenAI's x-ratelimit headers the one of each unit of which
 * the least remains.
 */
export function rateLimitHeaders(standings: readonly RateStanding[]): readonly string[] {
  if (standings.length === 0) return none
  return [
    'RateLimit-Policy',
    standings.map(policy).join(', '),
    'RateLimit',
    standings.map(state).join(', '),
    ...openAiHeaders(standings, 'REQUESTS'),
    ...openAiHeaders(standings, 'TOKENS'),
  ]
}

const none: readonly string[] = []

const seconds = (ms: number) => Math.ceil(ms / 1000)

function policy({ policy: name, limit, windowS, unit }: RateStanding): string {
  return `"${name}";q=${limit};w=${windowS}${unit === 'TOKENS' ? ';qu="tokens"' : ''}`
}

function state({ policy: name, remaining, resetMs }: RateStanding): string {
  return `"${name}";r=${remaining};t=${seconds(resetMs)}`
}

function openAiHeaders(
  standings: readonly RateStanding[],
  unit: RateStanding['unit'],
): readonly string[] {
  const [least] = standings
    .filter((standing) => standing.unit === unit)
    .toSorted((a, b) => a.remaining - b.remaining || b.resetMs - a.resetMs)
  if (!least) return []
  const name = unit.toLowerCase()
  return [
    `x-ratelimit-limit-${name}`,
    `${least.limit}`,
    `x-ratelimit-remaining-${name}`,
    `${least.remaining}`,
    `x-ratelimit-reset-${name}`,
    duration(least.resetMs),
  ]
}

/** A duration as Go writes it, never shorter than it is: `12ms`, `37s`, `6m0s`, `1h0m0s`. */
function duration(ms: number): string {
  if (ms <= 999) return `${Math.ceil(ms)}ms`
  const all = seconds(ms)
  const hours = Math.floor(all / 3600)
  const minutes = Math.floor(all / 60) % 60
  const rest = `${all % 60}s`
  if (hours > 0) return `${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${minutes}m${rest}` : rest
}
