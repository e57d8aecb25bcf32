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
 * @returns The usage, or undefined when input or output is missing or not a whole number of 0 or more: a count
 *   that cannot be believed is counted by ourselves and flagged. Parts larger than their whole raise the whole.
 */
export function normalUsage(reported: ReportedUsage): TokenUsage | undefined {
  const input = count(reported.inputTokens)
  const output = count(reported.outputTokens)
  if (input === undefined || output === undefined) return undefined
  const cacheRead = count(reported.cacheReadInputTokens) ?? 0
  const cacheWrite = count(reported.cacheWriteInputTokens) ?? 0
  const reasoning = count(reported.reasoningOutputTokens) ?? 0
  return {
    inputTokens: Math.max(input, cacheRead + cacheWrite),
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    outputTokens: Math.max(output, reasoning),
    reasoningOutputTokens: reasoning,
    source: 'PROVIDER_REPORTED',
  }
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31
    ? value
    : undefined
}
