import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigFileError, parseYaml } from '#config/yaml-text.ts'

const refusal = (source: string | Uint8Array): ConfigFileError => {
  try {
    parseYaml(source)
  } catch (error) {
    if (error instanceof ConfigFileError) return error
    throw error
  }
  throw new Error('it was read')
}

const outcome = (source: string | Uint8Array) => {
  try {
    parseYaml(source)
    return 'READ'
  } catch (error) {
    return error instanceof Error ? error.name : 'no error'
  }
}

/** In milliseconds of this thread, the better of two: others use the machine, and the first run compiles. */
const cost = (act: () => void) => {
  const once = () => {
    const before = process.threadCpuUsage()
    act()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  }
  return Math.min(once(), once())
}

const rows = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => row(index)).join('\n')

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...Array.from('bcdefghi', (key, index) => {
    return `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`
  }),
].join('\n')
const mergeBomb = `k0: &k0 {a: 1}\n${rows(45, (index) => `k${index + 1}: &k${index + 1} {<<: [*k${index}, *k${index}], z${index}: 1}`)}`

describe('a file that could hurt', () => {
  it.each<[string, string, RegExp]>([
    ['too large', 'a: 1\n'.repeat(50_000), /larger than 200000 bytes/],
    ['too large in bytes, not in characters', `a: ${'é'.repeat(100_000)}`, /larger than 200000/],
    ['an alias bomb', bomb, /more than 10000 values/],
    ['a bomb of merged mappings', mergeBomb, /more than 10000 values/],
    ['an alias of what it stands in', 'a: &a [*a]', /anchor that there is not before it: \*a/],
    ['a mapping merged into itself', 'a: &a {<<: *a}', /anchor that there is not before it: \*a/],
    ['100,000 open brackets', '['.repeat(100_000), /too long|too deep/],
    ['10,000 open brackets', '['.repeat(10_000), /nested too deep/],
    ['closed brackets', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`, /nested too deep/],
    ['open braces', '{a: '.repeat(5000), /nested too deep/],
    ['lists in lists', '- '.repeat(10_000), /nested too deep/],
    ['keys of keys', '? '.repeat(10_000), /nested too deep/],
    ['colons', ': '.repeat(10_000), /nested too deep/],
    ['mappings in mappings', rows(500, (depth) => `${' '.repeat(depth)}a:`), /nested too deep/],
    ['one level too many', rows(34, (depth) => `${' '.repeat(depth)}a:`), /deeper than 32 levels/],
    ['30,000 keys', rows(15_000, (index) => `k${index}: 1`), /too long/],
    ['a list of nothing', '-\n'.repeat(90_000), /too long/],
    ['nothing but comments', '#\n'.repeat(90_000), /too long/],
    ['one fault after the other', '}\n'.repeat(14_900), /Unexpected/],
    ['one tag after the other', '! '.repeat(14_000), /at most one tag/],
    ['one anchor after the other', '&a '.repeat(14_000), /at most one anchor/],
    ['many aliases', `a: &a [1, 2]\nb: [${'*a,'.repeat(4000)}]`, /more than 10000 values/],
    ['a key of 1000 letters', `${'k'.repeat(1000)}: 1`, /a key of more than 200 characters/],
    ['a key that is a list', '? [a]\n: 1', /a key that is not a plain text/],
    ['a prototype', 'a:\n  __proto__: {polluted: true}', /__proto__/],
    ['a prototype in quotes', '{"__proto__": {polluted: true}}', /__proto__/],
    ['a function', 'a: !!js/function "function () {}"', /tag/i],
    ['a call of Python', 'a: !!python/object/apply:os.system ["id"]', /tag/i],
    ['a tag of its own', 'a: !foo bar', /tag/i],
    ['bytes', 'a: !!binary aGk=', /tag/i],
    ['a set', 'a: !!set {b, c}', /tag/i],
    ['a NUL', 'a: b\0c', /character that YAML does not allow/],
    ['an escape', 'a: \u001b[31m', /character that YAML does not allow/],
  ])('is refused at little cost: %s', (_, text, message) => {
    const { issues } = refusal(text)
    expect(issues[0]?.message).toMatch(message)
    expect(issues.length).toBeLessThanOrEqual(20)
    expect(JSON.stringify(issues).length).toBeLessThan(10_000)
    expect(issues.filter(({ message: each }) => each.includes('call stack'))).toEqual([])
    expect(cost(() => refusal(text))).toBeLessThan(300)
    expect({}).not.toHaveProperty('polluted')
  })

  it.each<[string, string]>([
    ['many keys', rows(4000, (index) => `k${index}: 1`)],
    ['many anchors', rows(2900, (index) => `k${index}: &a${index} 1`)],
    ['many aliases', `a: &a 1\nb: [${'*a,'.repeat(9000)}]`],
    ['one key many times', 'a: 1\n'.repeat(4000)],
    ['one long text', `a: "${'x\\n'.repeat(60_000)}"`],
    ['one long block', `a: |\n${' x\n'.repeat(60_000)}`],
    ['wide lines', rows(190, () => `- ${' '.repeat(1000)}`)],
  ])('is read at little cost: %s', (_, text) => {
    expect(cost(() => parseYaml(text))).toBeLessThan(300)
  })
})

describe('a file that is no YAML', () => {
  it.each<[string, string | Uint8Array, number, number]>([
    ['a mapping without its space', 'a: 1\nb:2\nc: 3', 2, 1],
    ['an open bracket', 'a: [1\nb: 2', 2, 1],
    ['an open quote', 'a: 1\nb: "c', 2, 6],
    ['a tab', 'a:\n\tb: 1', 2, 1],
    ['two documents', 'a: 1\n---\nb: 2', 2, 1],
    ['an alias of nothing', 'a: *b', 1, 4],
    ['an alias before its anchor', 'a: *b\nb: &b 1', 1, 4],
    ['a text that is merged', 'a:\n  <<: hello', 2, 3],
    ['a half of a conflict', 'a: 1\n<<<<<<< HEAD\nb: 2', 2, 1],
    ['Latin-1', Buffer.from('a: 1\nb: caf\xe9\n', 'latin1'), 2, 7],
    ['UTF-16', Buffer.from('\ufeffa: 1\n', 'utf16le'), 1, 1],
    ['a cut character', Buffer.from('a: é').subarray(0, 4), 1, 4],
    ['a control character', 'a: 1\nb: \u0007', 2, 4],
  ])('is refused with its place: %s', (_, source, line, column) => {
    expect(refusal(source).issues[0]).toMatchObject({ line, column })
    expect(refusal(source).message).toMatch(new RegExp(`^${line}:${column} `))
  })

  it('is refused and never worse, whatever it holds', () => {
    const piece = fc.constantFrom(
      ...Array.from('[]{}:,-?&*!|>\'"%@` \n\tab1#<'),
      '<<: ',
      '*a',
      '&a ',
      '---\n',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((all) => all.join('')),
          fc.uint8Array(),
        ),
        (source) => {
          expect(outcome(source)).toBeOneOf(['READ', ConfigFileError.name])
        },
      ),
    )
  })
})

describe('a value', () => {
  it.each<[string, string | Uint8Array, unknown]>([
    ['nothing', '', null],
    ['a comment', '# hello', null],
    ['a byte order mark', Buffer.from('\ufeffa: 1'), { a: 1 }],
    ['Windows lines', 'a: 1\r\nb:\r\n  c: d\r\n', { a: 1, b: { c: 'd' } }],
    ['a number', 'a: 5', { a: 5 }],
    [
      'a number whose digits would be lost',
      'a: 1.10\nb: 9007199254740993',
      { a: '1.10', b: '9007199254740993' },
    ],
    ['a number beyond all', 'a: 1e400', { a: '1e400' }],
    ['booleans', 'a: true\nb: False', { a: true, b: false }],
    ['words that YAML 1.1 took for booleans', 'a: yes\nb: off', { a: 'yes', b: 'off' }],
    ['nulls', 'a:\nb: ~\nc: null', { a: null, b: null, c: null }],
    ['its keys as texts', '1.0: a\ntrue: b\n~: c', { '1.0': 'a', true: 'b', '': 'c' }],
    [
      'a merged mapping, its own keys winning',
      'x: &x {a: 1, b: 1}\ny: {b: 2, <<: *x}',
      { x: { a: 1, b: 1 }, y: { a: 1, b: 2 } },
    ],
    ['several, the first winning', 'a: {<<: [{b: 1}, {b: 2, c: 2}]}', { a: { b: 1, c: 2 } }],
    ['a quoted << as a key', 'a: {"<<": 1}', { a: { '<<': 1 } }],
    ['an anchor that is set again', 'a: &x 1\nb: *x\nc: &x 2\nd: *x', { a: 1, b: 1, c: 2, d: 2 }],
    [
      'the deepest that is allowed',
      rows(32, (depth) => `${' '.repeat(depth)}a:`),
      expect.anything(),
    ],
  ])('is read from %s', (_, source, value) => {
    expect(parseYaml(source).value).toEqual(value)
  })
})

describe('a place', () => {
  const yaml = parseYaml('providers:\n  a:\n    base_url: x\n  b: [{c: 1}]\n')

  it.each<[readonly string[], number, number]>([
    [['providers'], 1, 1],
    [['providers', 'a'], 2, 3],
    [['providers', 'a', 'base_url'], 3, 5],
    [['providers', 'b'], 4, 3],
    [['providers', 'b', '0', 'c'], 4, 8],
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
    { path: ['b', 'c'], message: 'stands twice', line: 2, column: 11 },
    { path: ['a'], message: 'stands twice', line: 3, column: 1 },
  ])
})
