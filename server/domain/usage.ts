/** Who counted the tokens. */
export type UsageSource = 'PROVIDER_REPORTED' | 'ESTIMATED'

/** Tokens of one answer in the one normal form: cached and written parts are inside input, reasoning inside output. */
export interface TokenUsage {
  readonly inputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheWriteInputTokens: number
  readonly outputTokens: number
  readonly reasoningOutputTokens: number
  readonly source: UsageSource
}

/** What a provider says of a call's usage, some of it absent or malformed; see `normalUsage`. */
export interface ReportedUsage {
  readonly inputTokens: unknown
  readonly cacheReadInputTokens?: unknown
  readonly cacheWriteInputTokens?: unknown
  readonly outputTokens: unknown
  readonly reasoningOutputTokens?: unknown
}

/**
 * Brings what a provider reported into the normal form.
 *
 * @returns The usage, or undefined when input or output is missing or cannot be believed: then it is counted by
 *   ourselves and flagged. Parts larger than their whole raise the whole.
 */
export function normalUsage(reported: ReportedUsage): TokenUsage | undefined {
  const input = tokenCount(reported.inputTokens)
  const output = tokenCount(reported.outputTokens)
  if (input === undefined || output === undefined) return undefined
  const cacheRead = tokenCount(reported.cacheReadInputTokens) ?? 0
  const cacheWrite = tokenCount(reported.cacheWriteInputTokens) ?? 0
  const reasoning = tokenCount(reported.reasoningOutputTokens) ?? 0
  return {
    inputTokens: Math.max(input, cacheRead + cacheWrite),
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    outputTokens: Math.max(output, reasoning),
    reasoningOutputTokens: reasoning,
    source: 'PROVIDER_REPORTED',
  }
}

/** More than any call can use: whoever reports that has not counted. */
const mostTokens = 100_000_000

/** A count of tokens as a provider reported it; undefined for what is no whole number from 0 to a hundred million. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value >= 0 &&
    value <= mostTokens
    ? value
    : undefined
}
