import { RE2JS, RE2JSException } from 're2js'
import { GatewayError } from '#domain/errors.ts'
import type { TextMatcher, TextSearch } from '#domain/text-matcher.ts'
import { matchLengths } from './match-lengths.ts'

/** No match of a pattern is longer, in UTF-16 units: so much of an answer is held back at most. */
const longestMatch = 256
/** No pattern is longer, in characters. */
const longestPattern = 1000
/** What a search costs for each character at most. */
const mostInstructions = 600
/** How long one search may take, in ms, before what is searched is refused. */
const searchMs = 60
/** How much one look into the text may cost, in instructions times characters: time is looked at between looks. */
const costOfLook = 250_000

/** A pattern that cannot be used; the message says why. */
export class PatternError extends Error {}

/**
 * Compiles a pattern as people write them (RE2's syntax). It is run in linear time, bounded in length, and given up when
 * it takes too long all the same.
 *
 * @throws {PatternError}
 */
export function compilePattern(pattern: string): TextMatcher {
  const compiled = parsed(pattern)
  const size = compiled.programSize()
  if (size > mostInstructions)
    throw new PatternError(`is too large: ${size} instructions of at most ${mostInstructions}`)
  const { least, most } = matchLengths(compiled.re2().prog)
  if (least === Infinity) throw new PatternError('can match nothing')
  if (least === 0) throw new PatternError('matches where there is nothing')
  if (most > longestMatch) {
    const found = most === Infinity ? 'without end' : `of up to ${most} characters`
    throw new PatternError(
      `has matches ${found}: at most ${longestMatch} can be looked for, so bound its repetitions: {1,40} in place of +`,
    )
  }
  const window = Math.max(256, Math.floor(costOfLook / size))
  return { reach: most + 2, search: () => timed(compiled, { reach: most + 2, window }) }
}

/** A text as it stands. */
export const compileText = (text: string): TextMatcher => compilePattern(RE2JS.quote(text))

function parsed(pattern: string): RE2JS {
  if (pattern.length > longestPattern)
    throw new PatternError(`is longer than ${longestPattern} characters`)
  try {
    return RE2JS.compile(pattern)
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown
    throw new PatternError(`is no pattern: ${thrown.message}`)
  }
}

/** Looks into a text window by window: a match that begins in one ends within its reach. */
function timed(compiled: RE2JS, { reach, window }: { reach: number; window: number }): TextSearch {
  let spentMs = 0
  return (text, from) => {
    for (let at = from; at < text.length; at += window) {
      if (spentMs > searchMs) throw tooSlow()
      const startedAt = performance.now()
      const first = Math.max(0, at - 2)
      const look = text.slice(first, at + window + reach)
      const matcher = compiled.matcher(look)
      const start = matcher.find(at - first) ? matcher.start() + first : Infinity
      spentMs += performance.now() - startedAt
      if (start < at + window || (start < Infinity && at + window + reach >= text.length))
        return { start, end: matcher.end() + first }
    }
    return undefined
  }
}

function tooSlow(): GatewayError {
  return new GatewayError(
    'CONTENT_BLOCKED',
    `A rule of this gateway could not look through the text within ${searchMs} ms; send less at once, or have the rule's pattern made simpler.`,
  )
}
