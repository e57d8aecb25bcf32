import { buildSchema, specifiedRules } from 'graphql'
import { describe, expect, it } from 'vitest'
import { Documents } from '#graphql/documents.ts'

const schema = buildSchema(`
  directive @defer on FRAGMENT_SPREAD | INLINE_FRAGMENT
  type Query { a: Int b(first: Int): [Int] }
`)

function setUp() {
  const documents = new Documents(() => schema)
  /** A text on its way through the slow lane. */
  const judge = (text: string, isAdmin = false) =>
    documents.validate(documents.parse(text), { isAdmin, rules: specifiedRules })
  const ready = (text: string, { isAdmin = false, operationName = null as string | null } = {}) =>
    documents.ready(text, { isAdmin, operationName })
  return { documents, judge, ready }
}

describe('a document', () => {
  it('is ready when it was judged well and comes again', () => {
    const { judge, ready } = setUp()
    expect(ready('{ a }')).toBeUndefined()
    judge('{ a }')
    expect(ready('{ a }')).toBeUndefined()
    expect(ready('{ a }')?.node.operation).toBe('query')
  })

  it('is compiled once', () => {
    const { judge, ready } = setUp()
    judge('{ a }')
    ready('{ a }')
    expect(ready('{ a }')).toBe(ready('{ a }'))
  })

  it.each([
    ['invalid', '{ c }'],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['incremental', '{ ... @defer { a } }'],
    ['without that operation', 'query X { a } query Y { a }'],
  ])('that is %s is never ready', (_name, text) => {
    const { judge, ready } = setUp()
    judge(text, true)
    for (let use = 0; use < 5; use++) expect(ready(text, { isAdmin: true })).toBeUndefined()
  })

  it('is judged for administrators and others apart', () => {
    const { judge } = setUp()
    const text = '{ __schema { queryType { name } } }'
    expect(judge(text, true)).toEqual([])
    expect(judge(text)).toHaveLength(2)
    expect(judge(text, true)).toEqual([])
  })

  it('judged for one audience is not ready for the other', () => {
    const { judge, ready } = setUp()
    judge('{ a }', true)
    for (let use = 0; use < 5; use++) expect(ready('{ a }')).toBeUndefined()
  })

  it('is forgotten when many others came after it', () => {
    const { judge, ready } = setUp()
    judge('{ a }')
    ready('{ a }')
    expect(ready('{ a }')).toBeDefined()
    for (let other = 0; other < 600; other++) judge(`{ a${other}: a }`)
    expect(ready('{ a }')).toBeUndefined()
  })

  it('that is very long is not kept', () => {
    const { judge, ready } = setUp()
    const text = `{ a } # ${'x'.repeat(20_001)}`
    expect(judge(text)).toEqual([])
    for (let use = 0; use < 5; use++) expect(ready(text)).toBeUndefined()
  })
})
