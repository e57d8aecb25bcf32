import { findCard } from './card-number.ts'
import { findIban } from './iban.ts'
import { findAddress } from './ip-address.ts'
import type { TextRange } from './json-text.ts'
import type { TextMatcher } from './text-matcher.ts'

/** What can be looked for by name. */
export const detectorNames = ['api_key', 'email', 'iban', 'card', 'ip', 'phone'] as const
export type DetectorName = (typeof detectorNames)[number]

/** A detector, and what is put in the place of what it finds. */
export interface Detector {
  readonly placeholder: string
  readonly matcher: TextMatcher
}

/** In the order in which they are asked, the strictest first. */
export const detectors: Readonly<Record<DetectorName, Detector>> = {
  api_key: detector('[API_KEY]', {
    reach: 260,
    consistsOf: /[\w-]/,
    find: byPattern(
      /(?<![A-Za-z0-9])(?:sk-[\w-]{16,250}|xai-[\w-]{16,250}|ao_[0-9a-z]{16}_[\w-]{43}|AKIA[A-Z0-9]{16}(?![A-Za-z0-9]))/g,
    ),
  }),
  // RFC 5321: at most 64 before the @, and 255 behind it.
  email: detector('[EMAIL]', {
    reach: 644,
    consistsOf: /[\w.%+@\u00c0-\u024f-]/,
    find: byPattern(
      /[\w.%+\u00c0-\u024f-]{1,64}@(?:[A-Za-z0-9\u00c0-\u024f-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62}/g,
    ),
  }),
  iban: detector('[IBAN]', {
    reach: 70,
    consistsOf: /[A-Za-z0-9 ]/,
    begins: /(?<![A-Za-z0-9])(?:[A-Za-z]{2}\d{2}|[A-Za-z]{1,2}\d?$)/g,
    find: findIban,
  }),
  card: detector('[CARD]', { reach: 40, consistsOf: /[\d -]/, find: findCard }),
  ip: detector('[IP]', { reach: 64, consistsOf: /[\w:.]/, find: findAddress }),
  // International; North American; with the 0 of a national number.
  phone: detector('[PHONE]', {
    reach: 64,
    consistsOf: /[\d ./()+-]/,
    find: byPattern(
      /(?<![\w+])(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){6,14}(?!\d)|(?<![\w.])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\d)|(?<![\w.])0\d{1,4}[ /-]\d{3,4}(?:[ -]?\d{2,4}){1,3}(?!\d)/g,
    ),
  }),
}

interface Knowledge {
  readonly reach: number
  /** Every character of a match. */
  readonly consistsOf: RegExp
  /** What a match begins with, or a part of it that ends the text. @default anything */
  readonly begins?: RegExp
  readonly find: (text: string, from: number) => TextRange | undefined
}

function detector(placeholder: string, { begins, reach, consistsOf, find }: Knowledge): Detector {
  return {
    placeholder,
    matcher: {
      reach,
      openFrom(text) {
        let at = text.length
        const least = Math.max(0, at - reach)
        while (at > least && consistsOf.test(text.charAt(at - 1))) at--
        if (!begins) return at
        begins.lastIndex = at
        return begins.exec(text)?.index ?? text.length
      },
      search: () => find,
    },
  }
}

/** Ours, whose repetitions are all bounded: none backtracks over more than its reach. */
function byPattern(pattern: RegExp): Knowledge['find'] {
  return (text, from) => {
    pattern.lastIndex = from
    const match = pattern.exec(text)
    return match ? { start: match.index, end: pattern.lastIndex } : undefined
  }
}
