/** What a provider's answer says of one of its limits. */
export interface UpstreamLimit {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until all of it is there again; null where that was not told. */
  readonly resetMs: number | null
}

/** What a provider's answer says of its limits; null where it says nothing that can be believed. */
export interface UpstreamLimits {
  readonly requests: UpstreamLimit | null
  readonly tokens: UpstreamLimit | null
}

type Headers = Readonly<Record<string, unknown>>

/**
 * Reads the rate limits that a provider tells of: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` (OpenAI, xAI,
 * and many who are compatible; xAI tells no reset) and `x-ratelimit-{limit,remaining,reset}` (OpenRouter, for requests).
 * Some deployments send -1 or a limit of 0 for what they do not count.
 *
 * @param headers Lower-case names.
 * @param epochMs Now, for resets that are instants.
 * @returns Undefined where nothing can be believed.
 */
export function readUpstreamLimits(headers: Headers, epochMs: number): UpstreamLimits | undefined {
  const requests =
    limitOf(headers, { unit: '-requests', epochMs }) ?? limitOf(headers, { unit: '', epochMs })
  const tokens = limitOf(headers, { unit: '-tokens', epochMs })
  return requests || tokens ? { requests: requests ?? null, tokens: tokens ?? null } : undefined
}

function limitOf(
  headers: Headers,
  { unit, epochMs }: { unit: string; epochMs: number },
): UpstreamLimit | undefined {
  const limit = count(headers[`x-ratelimit-limit${unit}`])
  const remaining = count(headers[`x-ratelimit-remaining${unit}`])
  if (limit === undefined || remaining === undefined || limit === 0) return undefined
  return { limit, remaining, resetMs: resetMs(headers[`x-ratelimit-reset${unit}`], epochMs) }
}

function count(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\s*\d{1,15}(?:\.\d+)?\s*$/.test(value)) return undefined
  return Math.floor(Number(value))
}

/** Numbers from here on are seconds since the epoch (2001), and from the second on milliseconds (1973). */
const firstEpochSecond = 1e9
const firstEpochMs = 1e11

/**
 * Reads when a limit is there again: as Go writes a duration (`20ms`, `1s`, `6m0s`, `1h0m0.5s`), in seconds, or as an
 * instant in seconds or milliseconds since the epoch.
 *
 * @returns Milliseconds of 0 or more; null for what is none of these.
 */
export function resetMs(value: unknown, epochMs: number): number | null {
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (!/^-?\d{1,15}(?:\.\d+)?$/.test(text)) return durationMs(text)
  const number = Number(text)
  if (number >= firstEpochMs) return Math.max(0, number - epochMs)
  if (number >= firstEpochSecond) return Math.max(0, number * 1000 - epochMs)
  return Math.max(0, number * 1000)
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ns', 1e-6],
])

const durationPart = /(\d{1,15}(?:\.\d{1,15})?)(h|ms|m|s|us|µs|μs|ns)/g

function durationMs(text: string): number | null {
  if (text.length > 64 || text.replace(durationPart, '') !== '' || text === '') return null
  return [...text.matchAll(durationPart)].reduce(
    (sum, [, size, unit = '']) => sum + Number(size) * (unitMs.get(unit) ?? 0),
    0,
  )
}
