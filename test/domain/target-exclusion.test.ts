import { describe, expect, it } from 'vitest'
import {
  breakageOf,
  type CallNeeds,
  prohibitionOf,
  type TargetFacts,
  unfitnessOf,
} from '#domain/target-exclusion.ts'

const facts = (over: Partial<TargetFacts> = {}): TargetFacts => ({
  name: 'openai:gpt-4.1',
  capabilities: ['STREAMING', 'TOOLS'],
  contextWindow: 1_000,
  worstCost: 20_000_000_000n,
  disabled: null,
  circuitMs: null,
  restMs: 0,
  ...over,
})

const needs = (over: Partial<CallNeeds> = {}): CallNeeds => ({
  capabilities: [],
  tokens: 1_000,
  maxCost: null,
  needsPrice: false,
  allowedModels: [],
  allow: [],
  deny: [],
  ...over,
})

describe('a target that must not be asked', () => {
  it.each<[string, Partial<TargetFacts>, Partial<CallNeeds>, string | undefined]>([
    ['the key allows it', {}, { allowedModels: ['openai:*'] }, undefined],
    ['the key does not', {}, { allowedModels: ['xai:*'] }, 'NOT_ALLOWED'],
    ['the call allows it', {}, { allow: ['openai:gpt-4.1'] }, undefined],
    ['the call allows others', {}, { allow: ['openai:gpt-5'] }, 'DENIED'],
    ['the call denies it', {}, { deny: ['xai:*', 'openai:*'] }, 'DENIED'],
    ['the call denies others', {}, { deny: ['xai:*'] }, undefined],
    ['it is just cheap enough', {}, { maxCost: 20_000_000_000n }, undefined],
    ['it is too dear', {}, { maxCost: 19_999_999_999n }, 'TOO_EXPENSIVE'],
    ['it has no price', { worstCost: null }, {}, undefined],
    ['it has none under a limit', { worstCost: null }, { maxCost: 1n }, 'UNPRICED'],
    ['it has none under a budget', { worstCost: null }, { needsPrice: true }, 'UNPRICED'],
    ['it was disabled by hand', { disabled: 'BY_HAND' }, {}, 'DISABLED'],
    ['it was disabled by itself', { disabled: 'BY_ITSELF' }, {}, undefined],
    ['it rests', { restMs: 1 }, {}, 'COOLING_DOWN'],
  ])('or may, when %s', (_name, over, wanted, code) => {
    expect(prohibitionOf(facts(over), needs(wanted))?.code).toBe(code)
  })
})

describe('a target that is not fit', () => {
  it.each<[string, Partial<TargetFacts>, Partial<CallNeeds>, string | undefined]>([
    ['it has all', {}, { capabilities: ['TOOLS'] }, undefined],
    ['it lacks something', {}, { capabilities: ['TOOLS', 'VISION'] }, 'MISSING_CAPABILITY'],
    ['nobody knows', { capabilities: null }, { capabilities: ['VISION'] }, undefined],
    ['its window is too small', {}, { tokens: 1_001 }, 'CONTEXT_TOO_SMALL'],
    ['nobody knows its window', { contextWindow: null }, { tokens: 1e9 }, undefined],
  ])('or is, when %s', (_name, over, wanted, code) => {
    expect(unfitnessOf(facts(over), needs(wanted))?.code).toBe(code)
  })
})

describe('a target that is broken', () => {
  it.each<[string, Partial<TargetFacts>, string | undefined]>([
    ['its circuit is closed', {}, undefined],
    ['its circuit is open', { circuitMs: 0 }, 'CIRCUIT_OPEN'],
    ['it was disabled by itself', { disabled: 'BY_ITSELF' }, 'DISABLED'],
    ['it was disabled by hand', { disabled: 'BY_HAND' }, undefined],
  ])('or is not, when %s', (_name, over, code) => {
    expect(breakageOf(facts(over))?.code).toBe(code)
  })
})

it('says why in words', () => {
  const reasons = [
    prohibitionOf(facts(), needs({ maxCost: 5_000_000_000n })),
    prohibitionOf(facts({ restMs: 6_100 }), needs()),
    unfitnessOf(facts(), needs({ capabilities: ['VISION', 'AUDIO'] })),
    unfitnessOf(facts(), needs({ tokens: 2_000 })),
    breakageOf(facts({ circuitMs: 14_200 })),
  ].map((exclusion) => exclusion?.reason)
  expect(reasons).toEqual([
    'The call can cost 2 USD there, and may cost 0.5.',
    'It limits us, and rests for another 7 s.',
    'It is not known to have VISION, AUDIO.',
    'It takes 1000 tokens, and the call needs some 2000.',
    'Its circuit is open; a call is let through in 15 s.',
  ])
})
