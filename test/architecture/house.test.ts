import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { rowOf } from './house/verdict.ts'
import { filesBelow, isGenerated, textOf, top } from './tree.ts'

const code = filesBelow('.').filter(
  (path) =>
    /^(?:server|web|test)\//.test(path) && !path.includes('/fixtures/') && !isGenerated(path),
)

/** Files of code that need more than `longest` lines, and why they cannot be two. */
const longFiles: Readonly<Record<string, string>> = {}
const longest = 220

const plan = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'docker-compose.yml',
  'README.md',
  'LICENSE',
  'server',
  'web',
  'prisma',
  'test',
]

const isOutsidePlan = (entry: string) => !entry.startsWith('.') && !plan.includes(entry)

/** A folder or file whose name says where things were dropped instead of what they are. */
const hidesNoun = (path: string) =>
  /(?:^|\/)(?:utils?|lib|common|helpers?|types|constants|misc|shared)(?:\/|\.|$)/.test(path)

const isMisnamed = (path: string) => {
  const name = basename(path)
  if (name.endsWith('.svelte')) return !/^[A-Z][A-Za-z0-9]*\.svelte$/.test(name)
  return /\.[cm]?ts$/.test(name) && !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/.test(name)
}

const lineCount = (text: string) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

/** Where tests stand that belong to no single file. */
const isFreeStanding = (path: string) =>
  /^test\/(?:stories|e2e|faults|bench|architecture|support)\//.test(path)

/** What a test mirrors: `test/domain/money.test.ts` is about `server/domain/money.ts`, or a folder of that name. */
function mirrored(path: string): readonly string[] {
  const subject = path.replace(/^test\//, '').replace(/\.test\.ts$/, '')
  const home = subject.startsWith('web/') ? subject : `server/${subject}`
  return [
    home,
    `${subject}.yml`,
    `${home}.ts`,
    `${home}.mjs`,
    `${home}.svelte.ts`,
    `${home}.svelte`,
  ]
}

it('has nothing at the top that is not in the house plan', () => {
  const entries = new Set(filesBelow('.').map((path) => path.split('/')[0] ?? ''))
  expect([...entries].filter(isOutsidePlan)).toEqual([])
})

it('has no room whose name hides a missing noun', () => {
  expect(code.filter(hidesNoun)).toEqual([])
})

it('names files in kebab-case and components in PascalCase', () => {
  expect(code.filter(isMisnamed)).toEqual([])
})

it('has a row of the import table for every file of code', () => {
  const unplaced = code.filter(
    (path) =>
      /\.(?:[cm]?[jt]s|svelte)$/.test(path) &&
      !/(?:\.config|\/codegen)\.ts$/.test(path) &&
      !rowOf(path),
  )
  expect(unplaced).toEqual([])
})

it(`has no file of code longer than ${longest} lines`, () => {
  const long = code.filter(
    (path) => /^(?:server|web)\/.*\.(?:ts|svelte)$/.test(path) && lineCount(textOf(path)) > longest,
  )
  expect(long).toEqual(Object.keys(longFiles))
})

it('mirrors the code path for path in its tests', () => {
  const tests = code.filter((path) => path.endsWith('.test.ts') && !isFreeStanding(path))
  expect(
    tests.filter((path) => !mirrored(path).some((file) => existsSync(join(top, file)))),
  ).toEqual([])
})

it.each(['utils', 'src', 'vite.config.ts'])('would refuse %s at the top', (entry) => {
  expect(isOutsidePlan(entry)).toBe(true)
})

it.each([
  'server/utils/clock.ts',
  'server/lib/clock.ts',
  'web/ui/helpers.ts',
  'server/graphql/types.ts',
  'server/constants.ts',
])('would refuse the room %s', (path) => {
  expect(hidesNoun(path)).toBe(true)
})

it.each([
  'server/domain/utilisation.ts',
  'web/ui/CommonestErrors.svelte',
  'server/graphql/modules/scalar-types.ts',
])('takes %s for a room with a name', (path) => {
  expect(hidesNoun(path)).toBe(false)
})

it.each(['server/domain/errorRules.ts', 'web/ui/button.svelte', 'server/Domain.ts'])(
  'would refuse the name %s',
  (path) => {
    expect(isMisnamed(path)).toBe(true)
  },
)

it.each([
  'web/live.svelte.ts',
  'test/domain/money.test.ts',
  'web/ui/Button.svelte',
  'test/vitest.config.ts',
])('accepts the name %s', (path) => {
  expect(isMisnamed(path)).toBe(false)
})

it('counts lines as an editor does', () => {
  expect(['', 'a', 'a\n', 'a\nb\n'].map(lineCount)).toEqual([1, 1, 1, 2])
})

it('would miss a row for a folder that nobody planned', () => {
  expect(rowOf('server/plumbing/pipe.ts')).toBeUndefined()
})
