import type { TextRange } from './json-text.ts'

/**
 * Finds the first match that begins at `from` or behind it, not empty. What stands before `from` is looked at only to see
 * what the match follows.
 *
 * @throws {GatewayError} CONTENT_BLOCKED when it takes too long: what cannot be checked does not pass.
 */
export type TextSearch = (text: string, from: number) => TextRange | undefined

/** Knows what it looks for in a text. */
export interface TextMatcher {
  /** The most UTF-16 units of a match, with those behind it that decide whether it is one. */
  readonly reach: number
  /**
   * From where on a text that goes on may have a match that is not yet decided, if that is behind the last `reach`
   * units. @default nothing is known
   */
  openFrom?(text: string): number
  /** One search, of one text or of many that belong together. */
  search(): TextSearch
}

/** What is looked for, and what is put in its place. */
export interface TextReplacement {
  readonly matcher: TextMatcher
  readonly replacement: string
}
