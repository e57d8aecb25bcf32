import { describe, expect, it } from 'vitest'
import { ConfigFileError, parseYaml } from '#config/yaml-text.ts'

const refusal = (text: string): ConfigFileError => {
  try {
    parseYaml(text)
  } catch (error) {
    if (error instanceof ConfigFileError) return error
    throw error
  }
  throw new Error('it was read')
}

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'
    .split('')
    .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
].join('\n')

describe('a file that could hurt', () => {
  it.each<[string, string, RegExp]>([
    ['too large', 'a: 1\n'.repeat(50_000), /larger than 200000 bytes/],
    ['an alias bomb', bomb, /alias/],
    ['many aliases', `a: &a x\nb: [${'*a,'.repeat(101)}]`, /more than 100 aliases/],
    [
      'many anchors',
      Array.from({ length: 1200 }, (_, index) => `k${index}: &a${index} v`).join('\n'),
      /anchors/,
    ],
    ['deep brackets', '['.repeat(90_000), /nested deeper than 32 levels/],
    ['deep braces', '{a: '.repeat(20_000), /nested deeper than 32 levels/],
    [
      'deep mappings',
      Array.from({ length: 40 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /nested deeper than 32 levels/,
    ],
    ['an unknown tag', 'a: !!python/object:os.system x', /tag/i],
    ['another', 'a: !foo bar', /tag/i],
  ])('is refused: %s', (_, text, message) => {
    const { issues } = refusal(text)
    expect(issues[0]?.message).toMatch(message)
    expect(issues.length).toBeLessThanOrEqual(20)
  })
})

describe('a file that is no YAML', () => {
  it.each<[string, string, number, number]>([
    ['a mapping without its space', 'a: 1\nb:2\nc: 3', 2, 1],
    ['an open bracket', 'a: [1\nb: 2', 2, 1],
    ['a tab', 'a:\n\tb: 1', 2, 1],
    ['two documents', 'a: 1\n---\nb: 2', 2, 1],
    ['an alias of nothing', 'a: *b', 1, 4],
  ])('is refused with its place: %s', (_, text, line, column) => {
    expect(refusal(text).issues[0]).toMatchObject({ line, column })
    expect(refusal(text).message).toMatch(new RegExp(`^${line}:${column} `))
  })
})

describe('a place', () => {
  const yaml = parseYaml('providers:\n  a:\n    base_url: x\n  b: 1\n')

  it.each<[readonly string[], number, number]>([
    [['providers'], 1, 1],
    [['providers', 'a'], 2, 3],
    [['providers', 'a', 'base_url'], 3, 5],
    [['providers', 'b'], 4, 3],
    [['providers', 'a', 'nothing'], 2, 3],
    [['providers', 'c', 'd'], 1, 1],
    [[], 1, 1],
  ])('of %j is that of its key, or of the nearest above it', (path, line, column) => {
    expect(yaml.position(path)).toEqual({ line, column })
  })
})

it('names keys that stand twice, and takes the last', () => {
  const { value, duplicates } = parseYaml('a: 1\nb: {c: 1, c: 2}\na: 3')
  expect(value).toEqual({ a: 3, b: { c: 2 } })
  expect(duplicates).toEqual([
    { path: ['a'], message: 'stands twice', line: 3, column: 1 },
    { path: ['c'], message: 'stands twice', line: 2, column: 11 },
  ])
})
