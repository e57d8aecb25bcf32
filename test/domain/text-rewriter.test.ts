import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '#config/compiled-pattern.ts'
import { detectors } from '#domain/detector.ts'
import type { TextReplacement } from '#domain/text-matcher.ts'
import { TextRewriter } from '#domain/text-rewriter.ts'

const pattern = (source: string, replacement = '[X]'): TextReplacement => ({
  matcher: compilePattern(source),
  replacement,
})
const all: readonly TextReplacement[] = [
  ...Object.values(detectors).map(({ matcher, placeholder }) => ({
    matcher,
    replacement: placeholder,
  })),
  pattern('EMP-\\d{6}'),
  pattern('\\b[a-z]{3}\\b$', '[LAST]'),
  pattern('(?m)^a.{0,6}z', '[LINE]'),
  pattern('😀.{1,3}', '[SMILE]'),
]

/** What goes out, piece by piece. */
function rewritten(
  pieces: readonly string[],
  replacements: readonly TextReplacement[],
): readonly string[] {
  const rewriters = replacements.map(
    ({ matcher, replacement }) => new TextRewriter({ matcher, replace: () => replacement }),
  )
  const out = pieces.map((piece) => rewriters.reduce((text, each) => each.push(text), piece))
  return [...out, rewriters.reduce((rest, each) => each.push(rest) + each.finish(), '')]
}

const secrets = [
  'john.doe@example.com',
  '+49 170 1234567',
  '(555) 123-4567',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  'sk-abcdefghijklmnop1234',
  '192.168.0.1',
  '2001:db8::1',
  'EMP-123456',
  '😀abc',
  'abcz',
]
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...secrets) },
  fc.constantFrom(
    ' ',
    '. ',
    ', ',
    '\n',
    '-',
    ':',
    '@',
    '+',
    '1',
    '12',
    'DE',
    'sk-',
    'a',
    '😀',
    '(',
  ),
  fc.lorem({ maxCount: 2 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const text = fc.array(word, { maxLength: 24 }).map((words) => words.join(''))
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 30 })

const sliced = (whole: string, at: readonly number[]): readonly string[] => {
  const places = [0, ...at.map((each) => Math.min(each, whole.length)), whole.length]
  const sorted = places.toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, index) => whole.slice(sorted[index], end))
}

describe('a text in pieces', () => {
  it('is rewritten as the whole is, however it is cut', () => {
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        expect(rewritten(sliced(whole, at), all).join('')).toBe(rewritten([whole], all).join(''))
      }),
      { numRuns: 3000 },
    )
  })

  it('never hands out what the whole is rid of', () => {
    fc.assert(
      fc.property(text, cuts, fc.constantFrom(...all), (whole, at, { matcher, replacement }) => {
        const expected = rewritten([whole], [{ matcher, replacement }]).join('')
        let out = ''
        for (const piece of rewritten(sliced(whole, at), [{ matcher, replacement }])) {
          out += piece
          expect(expected.startsWith(out)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('comes without parted surrogate pairs', () => {
    const pieces = rewritten(['ab\ud83d', '\ude00cd'], all)
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
    expect(pieces.join('')).toBe('ab[SMILE]')
  })

  it('is not held back where nothing could become a match', () => {
    const { matcher, placeholder } = detectors.email
    const [first] = rewritten(['Write to us, ', 'please'], [{ matcher, replacement: placeholder }])
    expect(first).toBe('Write to us, ')
  })

  it('is held back by no more than the longest match', () => {
    const whole = 'x'.repeat(5000)
    const [first = ''] = rewritten([whole], all.slice(0, 1))
    expect(whole.length - first.length).toBeLessThanOrEqual(260)
  })
})
