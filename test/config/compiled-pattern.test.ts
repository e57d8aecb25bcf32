import { describe, expect, it } from 'vitest'
import { compilePattern, compileText, PatternError } from '#config/compiled-pattern.ts'
import { GatewayError } from '#domain/errors.ts'
import type { TextMatcher } from '#domain/text-matcher.ts'
import { TextRewriter } from '#domain/text-rewriter.ts'

const replaced = (pattern: string, text: string): string => {
  const rewriter = new TextRewriter({ matcher: compilePattern(pattern), replace: () => '_' })
  return rewriter.push(text) + rewriter.finish()
}

describe('a pattern', () => {
  it.each([
    ['EMP-\\d{6}', 'EMP-123456 and EMP-12', '_ and EMP-12'],
    ['\\bcat\\b', 'cat concat cats cat', '_ concat cats _'],
    ['(?i)secret', 'SECRET Secret', '_ _'],
    ['^a', 'aaa', '_aa'],
    ['a$', 'aaa', 'aa_'],
    ['😀{2}', '😀😀😀', '_😀'],
    ['a|ab', 'abab', '_b_b'],
  ])('%s finds what it says', (pattern, text, expected) => {
    expect(replaced(pattern, text)).toBe(expected)
  })

  it.each([
    ['a+', 'has matches without end: at most 256'],
    ['.{1,200}x', 'has matches of up to 401 characters'],
    ['a?', 'matches where there is nothing'],
    ['\\b', 'matches where there is nothing'],
    ['[^\\x00-\\x{10FFFF}]', 'can match nothing'],
    ['(', 'is no pattern: '],
    ['(a)\\1', 'is no pattern: '],
    ['(?=a)b', 'is no pattern: '],
    ['(?:ab|cd|ef|gh){120}', 'is too large'],
    ['a'.repeat(1001), 'is longer than 1000 characters'],
  ])('%s is refused', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError)
    expect(() => compilePattern(pattern)).toThrow(message)
  })

  it('is found wherever it stands in a long text', () => {
    for (const before of [0, 1, 255, 415, 416, 417, 5000, 99_990]) {
      const text = 'ab '.repeat(40_000).slice(0, before)
      expect(replaced('[x-z]{2,200}', `${text}xyzzy!`)).toBe(`${text}_!`)
    }
  })

  it('as a text is only that text', () => {
    const found = compileText('a.b*').search()('axb a.b*', 0)
    expect(found).toEqual({ start: 4, end: 8 })
  })
})

/** Fifty that hurt engines that go back, or that no engine is fast with. */
const evil = [
  '(a+)+$',
  '(a|a)*$',
  '(a|aa)+$',
  '(.*a){20}',
  '(.*)*x',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(x+x+)+y',
  '([a-zA-Z]+)*$',
  '(a?){30}a{30}',
  '(a{1,100}){1,10}b',
  'a{1000}b',
  '(?:[ab]*a){12}c',
  '(.{1,30}){1,30}z',
  '\\b(\\w+\\s?)+$',
  '(?i)(a|b|ab)*c',
  '[a-z]{1,250}@x',
  '(.+,){11}P',
  'a{0,120}b{0,120}z',
  '(?s).{0,100}q',
  '(?:a|b|c|d|e|f){1,100}Z',
  '((a{1,30}){1,30})b',
  '\\p{L}{1,120}\\p{N}',
  '(foo|bar|baz|a+)+!',
  'sk-[A-Za-z0-9]{20,200}',
  '[^a]*b',
  'a.{50}b.{50}c',
  'b.{0,120}z|b',
  'b.{0,63}z|b',
  'b.{0,31}z|b',
  '[bc].{0,100}z|[bc]',
  '(b{1,20}){1,12}z',
  '(b|bb|bbb){1,80}z',
  '(b?){60}b{60}z',
  'b{0,100}b{0,100}z',
  '\\w{1,64}@\\w{1,64}',
  '(?:[ab]b?){1,100}z',
  '(b.{0,100}z)?b',
  '(?:b.{0,40}z|b.{0,40}y|b.{0,40}x)|b',
  'b\\B.{0,60}z|b',
  '\\bb.{0,60}z|b',
  '(.{0,10}b){5}z',
  '.{1,120}',
  '(?:b?){200}z|b',
  '(?i)(?:ab|ba|aa|bb){1,60}z',
  '(?:.?b){1,60}z',
  '[ab]{50}[ab]{50}z',
  '(?:b{1,10}a?){1,20}z',
  '\\d{1,20}(?:,\\d{3}){0,20}z',
  '(b|.{2}|bb.){1,40}z',
  '(?m)^.{0,120}z$',
] as const
const victims = [
  'b'.repeat(100_000),
  `${'b'.repeat(99_995)}zyx@1`,
  'ab '.repeat(33_334),
  `${'b'.repeat(300)}zyx@1`.repeat(328),
  `${'abc'.repeat(33_331)}!z`,
]

/** The pattern, unless it is refused. */
function compiled(pattern: string): readonly TextMatcher[] {
  try {
    return [compilePattern(pattern)]
  } catch (thrown) {
    if (thrown instanceof PatternError) return []
    throw thrown
  }
}

/** How long the process works for a text, in ms, until it is looked through or given up. */
function workFor(matcher: TextMatcher, text: string): number {
  const before = process.threadCpuUsage().user
  const rewriter = new TextRewriter({ matcher, search: matcher.search(), replace: () => '' })
  try {
    rewriter.push(text)
    rewriter.finish()
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
  }
  return (process.threadCpuUsage().user - before) / 1000
}

describe('an evil pattern on 100 kB', () => {
  it('is one of fifty', () => expect(new Set(evil).size).toBe(50))

  it.each(evil)('%s is refused, or takes at most 100 ms', (pattern) => {
    const works = compiled(pattern).flatMap((matcher) =>
      victims.map((text) => workFor(matcher, text)),
    )
    expect(Math.max(0, ...works)).toBeLessThan(100)
  })

  it('is given up with a message where it takes longer', () => {
    const matcher = compilePattern('b.{0,120}z|b')
    const rewriter = new TextRewriter({ matcher, replace: () => '' })
    expect(() => rewriter.push('b'.repeat(1_000_000))).toThrow('could not look through the text')
  })
})
