import { buildSchema, getOperationAST, GraphQLError, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { costWithVariables, limits, limitsRule, parseWithinLimits } from '#graphql/limits.ts'

const schema = buildSchema(`
  directive @note repeatable on FIELD
  type Query { node: Node items(first: Int): ItemConnection usage: Int errorGroups: Int }
  type Node { id: ID node: Node items(first: Int): ItemConnection tags: [String] nodes: [Node] }
  type ItemConnection { edges: [Edge] }
  type Edge { node: Node }
`)

const complaints = (text: string) =>
  validate(schema, parse(text), [limitsRule]).map(({ message }) => message)
const nested = (depth: number) => `{ ${'node { '.repeat(depth - 1)}id${' }'.repeat(depth)}`
const repeated = (count: number, of: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => of(index)).join(' ')

describe('limits', () => {
  it.each([
    ['depth', nested(12), nested(13)],
    [
      'aliases',
      `{ ${repeated(15, (n) => `a${n}: usage`)} }`,
      `{ ${repeated(16, (n) => `a${n}: usage`)} }`,
    ],
    [
      'directives',
      `{ usage ${repeated(5, () => '@note')} }`,
      `{ usage ${repeated(6, () => '@note')} }`,
    ],
    [
      'cost',
      '{ items(first: 500) { edges { node { id tags nodes { id } } } } }',
      '{ items(first: 500) { edges { node { items(first: 500) { edges { node { id } } } } } } }',
    ],
  ])('admit what is within the %s and refuse what is beyond', (name, within, beyond) => {
    expect(complaints(within)).toEqual([])
    expect(complaints(beyond)).toEqual([expect.stringContaining(`a ${name} of`)])
  })

  it('judge by what variables hold, once they hold it', () => {
    const document = parse(
      'query Q($n: Int) { items(first: $n) { edges { node { items(first: $n) { edges { node { id } } } } } } }',
    )
    const operation = getOperationAST(document)
    const cost = operation && costWithVariables(schema, { document, operation })
    expect(cost?.({ n: 10 })).toBeLessThan(limits.cost)
    expect(cost?.({ n: 500 })).toBeGreaterThan(limits.cost)
    expect(cost?.({ n: 1e12 })).toBe(cost?.({ n: 500 }))
    expect(cost?.({})).toBe(cost?.({ n: 50 }))
  })

  it('need no look at variables that say nothing of sizes', () => {
    const document = parse('query Q($x: Boolean!) { usage @include(if: $x) }')
    const operation = getOperationAST(document)
    expect(operation && costWithVariables(schema, { document, operation })).toBeUndefined()
  })

  it('count a fragment wherever it is spread', () => {
    const fragment = 'fragment F on Query { a: usage b: usage c: usage d: usage }'
    expect(complaints(`{ ...F ...F ...F } ${fragment}`)).toEqual([])
    expect(complaints(`{ ...F ...F ...F ...F } ${fragment}`)).toEqual([
      expect.stringContaining('aliases'),
    ])
  })

  it('end on fragments that go round in circles, and on those that double with each step', () => {
    expect(
      complaints('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'),
    ).toEqual([])
    const steps = repeated(60, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)
    expect(complaints(`{ ...F0 } ${steps} fragment F60 on Query { usage }`)).toEqual([
      expect.stringContaining('cost'),
    ])
  })

  it('leave introspection out', () => {
    const deep = `{ __schema { types { ${'ofType { '.repeat(20)}name${' }'.repeat(20)} } } }`
    expect(complaints(deep)).toEqual([])
  })
})

describe('a text', () => {
  it('of a thousand tokens is parsed, of more it is not', () => {
    const withTokens = (count: number) => `{ ${'a '.repeat(count - 2)}}`
    expect(parseWithinLimits(withTokens(1000)).kind).toBe('Document')
    expect(() => parseWithinLimits(withTokens(1001))).toThrow(GraphQLError)
  })

  it('of nested lists is refused before it can overflow the stack', () => {
    expect(() => parseWithinLimits(`{ a(b: ${'['.repeat(20_000)}`)).toThrow(GraphQLError)
  })
})
