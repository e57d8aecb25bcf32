import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowsModel, covers, matchesModel } from '#domain/model-pattern.ts'

it.each([
  ['openai:gpt-5', 'openai:gpt-5', true],
  ['openai:gpt-5', 'openai:gpt-5-mini', false],
  ['openai:*', 'openai:gpt-5', true],
  ['openai:*', 'openai', false],
  ['openai:*', 'xai:grok', false],
  ['*', 'anything', true],
  ['a*b', 'axb', false],
  ['a*b', 'a*b', true],
])('%s means %s: %s', (pattern, name, means) => {
  expect(matchesModel(pattern, name)).toBe(means)
})

it('no pattern at all allows every name', () => {
  expect(allowsModel([], 'openai:gpt-5')).toBe(true)
})

describe('one list covers another', () => {
  it.each([
    [[], [], true],
    [[], ['x'], true],
    [['x'], [], false],
    [['x'], ['x'], true],
    [['x*'], ['xy'], true],
    [['x*'], ['xy*'], true],
    [['xy*'], ['x*'], false],
    [['x'], ['x*'], false],
    [['x', 'y*'], ['x', 'yz'], true],
    [['x', 'y*'], ['x', 'z'], false],
  ])('%j covers %j: %s', (outer, inner, isCovered) => {
    expect(covers(outer, inner)).toBe(isCovered)
  })

  it('only when it allows whatever the other allows', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 3 })
    const pattern = fc.tuple(name, fc.constantFrom('', '*')).map((parts) => parts.join(''))
    const patterns = fc.array(pattern, { maxLength: 3 })
    const property = fc.property(patterns, patterns, name, (outer, inner, asked) => {
      fc.pre(covers(outer, inner) && allowsModel(inner, asked))
      expect(allowsModel(outer, asked)).toBe(true)
    })
    fc.assert(property, { numRuns: 500 })
  })
})
