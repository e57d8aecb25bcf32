import type { TextMatcher, TextSearch } from './text-matcher.ts'

interface Rewriting {
  readonly matcher: TextMatcher
  /** Says what is put in a match's place; may throw to stop there. */
  readonly replace: (match: string) => string
  /** @default each piece is a search of its own */
  readonly search?: TextSearch
}

/**
 * Replaces what a matcher finds in a text that comes piece by piece, and holds back only what could still become a match:
 * however it is cut, the pieces that go out make the same text as if it had come whole.
 */
export class TextRewriter {
  readonly #rewriting: Rewriting
  /** What is not decided yet, behind the `#before` units that were handed out last. */
  #text = ''
  #before = 0

  constructor(rewriting: Rewriting) {
    this.#rewriting = rewriting
  }

  /** @returns What is decided; perhaps nothing. */
  push(text: string): string {
    this.#text += text
    return this.#rewrite(this.#decidedUpTo())
  }

  /** The rest, which nothing follows. */
  finish(): string {
    return this.#rewrite(this.#text.length)
  }

  /** What begins before this has all that decides it. */
  #decidedUpTo(): number {
    const { matcher } = this.#rewriting
    const text = this.#text
    const open = Math.max(text.length - matcher.reach, matcher.openFrom?.(text) ?? 0)
    return wholeUnits(text, Math.max(this.#before, open))
  }

  #rewrite(end: number): string {
    if (end <= this.#before) return ''
    const { matcher, replace, search = matcher.search() } = this.#rewriting
    const text = this.#text
    let out = ''
    let at = this.#before
    while (at < end) {
      const match = search(text, at)
      if (!match || match.start >= end) break
      out += text.slice(at, match.start) + replace(text.slice(match.start, match.end))
      at = match.end
    }
    if (at < end) {
      out += text.slice(at, end)
      at = end
    }
    this.#before = Math.min(at, contextUnits)
    this.#text = text.slice(at - this.#before)
    return out
  }
}

/** A match may look at the character before it. */
const contextUnits = 2

/** The same place, or the one before it where that would part a surrogate pair. */
function wholeUnits(text: string, at: number): number {
  const last = text.charCodeAt(at - 1)
  return at > 0 && last >= 0xd800 && last <= 0xdbff ? at - 1 : at
}
