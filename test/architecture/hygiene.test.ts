import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'
import { filesBelow, isGenerated, textOf, top } from './tree.ts'

/** Something that does not belong into a committed file. */
interface Mark {
  readonly what: string
  readonly pattern: RegExp
  /** Which files are searched, line by line. */
  readonly where: RegExp
  /** A line that must be found; in pieces, so that this file does not hold it. */
  readonly bad: readonly string[]
}

const code = /^(?:server|web|prisma|test)\//
const product = /^(?:server|web)\/(?!codegen\.ts)/
const tests = /^test\/(?!bench\/)/

const marks: readonly Mark[] = [
  {
    what: 'a path of one machine',
    where: /./,
    pattern: /\/(?:work|root|home|tmp)\/[a-z]/,
    bad: ['see /ho', 'me/ann/notes'],
  },
  {
    what: 'a registry host',
    where: /./,
    pattern: /registry[.]npmjs|deb[.]debian/,
    bad: ['https://registry', '.npmjs.org'],
  },
  {
    what: 'an address in the lock file',
    where: /^package-lock\.json$/,
    pattern: /"resolved": "http/,
    bad: ['"resolved"', ': "https://a.b"'],
  },
  {
    what: 'unfinished work',
    where: code,
    pattern: /\b(?:T[O]DO|FIX[M]E|X[X]X|HA[C]K)\b|not im[p]lemented/,
    bad: ['// TO', 'DO: later'],
  },
  {
    what: 'an escape from the lint or type rules',
    where: product,
    pattern: /(?:ox|es)lint-disa[b]le|@ts-(?:ig[n]ore|no[c]heck|expect-er[r]or)/,
    bad: ['// oxlint-', 'disable-next-line'],
  },
  {
    what: 'a test that does not run',
    where: tests,
    pattern: /\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b|skip[I]f|run[I]f/,
    bad: ['it.', "skip('later')"],
  },
  {
    what: 'a test that sleeps',
    where: /^test\/.*\.test\.ts$/,
    pattern: /\b(?:setTimeout|sleep|delay|pause|wait)\((?:[^,]*,)?\s*\d[\d_]{2,}\)/,
    bad: ['await pause', '(1_000)'],
  },
  {
    what: 'a sleep that tests lean on',
    where: tests,
    pattern: /setTimeout\([^,]*,\s*\d[\d_]{2,}|\bsleep\(\s*\d[\d_]{2,}/,
    bad: ['setTimeout', '(resolve, 500)'],
  },
  {
    what: 'a mocked module',
    where: tests,
    pattern: /\bvi\.(?:do)?[mM]ock\(/,
    bad: ['vi.', "mock('./clock.ts')"],
  },
  {
    what: 'a test name that only wishes',
    where: tests,
    pattern: /\bit(?:\.each\(.*\))?\(\s*['"`][^'"`]*\bshou[l]d\b/,
    bad: ["it('sho", "uld add')"],
  },
  { what: 'unescaped HTML', where: /\.svelte$/, pattern: /\{@ht[m]l/, bad: ['{@', 'html text}'] },
]

const isText = (path: string) => !/\.(?:png|jpe?g|gif|ico|woff2?|wasm|gz|zip)$/.test(path)
const texts = filesBelow('.')
  .filter(
    (path) => isText(path) && !isGenerated(path) && !path.startsWith('test/architecture/fixtures/'),
  )
  .map((path) => ({ path, lines: textOf(path).split('\n') }))

it.each(marks)('commits no line with $what', ({ where, pattern }) => {
  const found = texts
    .filter(({ path }) => where.test(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 90)}`] : [],
      ),
    )
  expect(found).toEqual([])
})

it.each(marks)('would find $what', ({ pattern, bad }) => {
  expect(bad.join('')).toMatch(pattern)
})

/** Targets of a Markdown text's links and images that are files of this repository, without their fragments. */
function linkedFiles(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)]
  const referenced = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)]
  return [...inline, ...referenced]
    .map(([, target = '']) => decodeURI(target).replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/i.test(target))
}

function brokenLinks(path: string, markdown: string): readonly string[] {
  const resolved = (target: string) =>
    target.startsWith('/') ? target : normalize(join(dirname(path), target))
  return linkedFiles(markdown).filter((target) => !existsSync(join(top, resolved(target))))
}

it('links only to files that exist', () => {
  const broken = filesBelow('.')
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => brokenLinks(path, textOf(path)).map((target) => `${path} -> ${target}`))
  expect(broken).toEqual([])
})

it('would find a link to a file that is gone', () => {
  const markdown = [
    '[gone](./gone.md#part) ![shot](shots/a.png) [site](https://a.b/c.md) `[code](no.md)`',
    '[ref]: ../nothing.md',
  ].join('\n')
  expect(brokenLinks('server/decisions/a.md', markdown)).toEqual([
    './gone.md',
    'shots/a.png',
    '../nothing.md',
  ])
})

it('accepts links to files, folders and parts of the same page', () => {
  expect(
    brokenLinks('server/decisions/a.md', '[a](../../package.json) [b](../domain/) [c](#there)'),
  ).toEqual([])
})
