import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeTargets } from '#domain/eligible-targets.ts'
import type { CallNeeds, TargetFacts } from '#domain/target-exclusion.ts'

const facts = (name: string, over: Partial<TargetFacts> = {}): TargetFacts => ({
  name,
  capabilities: ['TOOLS'],
  contextWindow: 1_000,
  worstCost: 10n,
  disabled: null,
  circuitMs: null,
  restMs: 0,
  ...over,
})

const needs: CallNeeds = {
  capabilities: ['TOOLS'],
  tokens: 1_000,
  maxCost: null,
  needsPrice: false,
  allowedModels: [],
  allow: [],
  deny: ['denied*'],
}

/** Each target with why it is left out; `!` marks a last resort. */
const verdicts = (targets: readonly TargetFacts[]) =>
  judgeTargets(targets, needs).map(
    ({ target, exclusion, isLastResort }) =>
      `${target.name} ${exclusion?.code ?? (isLastResort ? '!' : 'ok')}`,
  )

const open = { circuitMs: 9_000 }
const noTools = { capabilities: [] }

describe('the targets of a route', () => {
  it('are asked where nothing speaks against them, in their order', () => {
    const targets = [facts('a'), facts('b', open), facts('c', noTools), facts('denied'), facts('d')]
    expect(verdicts(targets)).toEqual([
      'a ok',
      'b CIRCUIT_OPEN',
      'c MISSING_CAPABILITY',
      'denied DENIED',
      'd ok',
    ])
  })

  it('are not all left out for being broken: the one that is back soonest is asked', () => {
    const targets = [facts('a', open), facts('b', { circuitMs: 4_000 }), facts('c', open)]
    expect(verdicts(targets)).toEqual(['a CIRCUIT_OPEN', 'b !', 'c CIRCUIT_OPEN'])
    const disabled = facts('d', { disabled: 'BY_ITSELF' })
    expect(verdicts([facts('a', open), disabled])).toEqual(['a CIRCUIT_OPEN', 'd !'])
  })

  it('fail fast where there is only one', () => {
    expect(verdicts([facts('a', open)])).toEqual(['a CIRCUIT_OPEN'])
  })

  it('are asked in spite of what is believed of them, where nothing else is left', () => {
    expect(verdicts([facts('a', noTools)])).toEqual(['a ok'])
    const small = facts('b', { contextWindow: 10 })
    expect(verdicts([facts('a', noTools), small, facts('denied')])).toEqual([
      'a ok',
      'b ok',
      'denied DENIED',
    ])
    expect(verdicts([facts('a', { ...noTools, ...open }), small])).toEqual([
      'a MISSING_CAPABILITY',
      'b ok',
    ])
  })

  it('are asked though they are broken sooner than though they are not fit', () => {
    expect(verdicts([facts('a', noTools), facts('b', open)])).toEqual([
      'a MISSING_CAPABILITY',
      'b !',
    ])
    expect(verdicts([facts('a', { ...noTools, ...open }), facts('denied')])).toEqual([
      'a !',
      'denied DENIED',
    ])
  })

  it.each<[string, Partial<TargetFacts>]>([
    ['denied', {}],
    ['a', { disabled: 'BY_HAND' }],
    ['a', { restMs: 1 }],
  ])('stay out where that is forbidden, whatever is left: %s, %j', (name, over) => {
    for (const others of [[], [facts('denied too')]])
      for (const target of judgeTargets([facts(name, { ...open, ...over }), ...others], needs))
        expect(target.exclusion).toBeDefined()
  })

  it('have a reason or may be asked, keep their order, and the last one of several is never broken', () => {
    const some = fc.record({
      name: fc.constantFrom('a', 'denied'),
      capabilities: fc.constantFrom(null, [], ['TOOLS'] as const),
      contextWindow: fc.constantFrom(null, 10, 1_000),
      worstCost: fc.constantFrom(null, 10n),
      disabled: fc.constantFrom(null, 'BY_HAND' as const, 'BY_ITSELF' as const),
      circuitMs: fc.constantFrom(null, 0, 9_000),
      restMs: fc.constantFrom(0, 0, 50),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 5 }), (targets) => {
        const judged = judgeTargets(targets, needs)
        expect(judged.map(({ target }) => target)).toEqual(targets)
        const asked = judged.filter(({ exclusion }) => !exclusion)
        const permitted = targets.filter(
          ({ name, disabled, restMs }) => name === 'a' && disabled !== 'BY_HAND' && restMs === 0,
        )
        const isBroken = ({ disabled, circuitMs }: TargetFacts) =>
          disabled !== null || circuitMs !== null
        for (const { target, isLastResort } of asked) {
          expect(permitted).toContain(target)
          expect(isLastResort).toBe(isBroken(target))
        }
        expect(asked.filter(({ isLastResort }) => isLastResort).length).toBeLessThanOrEqual(1)
        const mayFailFast = targets.length === 1 && permitted.every(isBroken)
        expect(asked.length > 0).toBe(permitted.length > 0 && !mayFailFast)
      }),
    )
  })
})
