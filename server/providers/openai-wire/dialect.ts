import type { JsonObject } from '#domain/chat.ts'
import type { Ticks } from '#domain/money.ts'
import type { TokenUsage } from '#domain/usage.ts'

/** What a vendor does in its own way within OpenAI's wire format. */
export interface Dialect {
  /** Reads a `usage` object into the normal form; undefined where it cannot be believed. */
  usage(usage: JsonObject): TokenUsage | undefined
  /**
   * Reads from a `usage` object what the vendor says it billed.
   *
   * @param digits The source text of a number in the usage object, by its path; undefined where there is no number.
   */
  reportedCost?(
    usage: JsonObject,
    digits: (...path: string[]) => string | undefined,
  ): Ticks | undefined
  /** Streams bring usage unasked, so that with a v0.7.2 configuration callers are used to it and go on seeing it. */
  readonly sendsUsageUnasked: boolean
  /** The header in which the vendor takes a request id for its own logs. */
  readonly requestIdHeader?: string
}
