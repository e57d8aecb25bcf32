import fc from 'fast-check'

/** What may happen to calls and prices. */
export type Step =
  | {
      readonly kind: 'CALL'
      readonly model: number
      readonly tokens: [number, number]
      readonly reserves: boolean
    }
  | {
      readonly kind: 'TWO_TRIES'
      readonly models: [number, number]
      readonly tokens: [number, number]
    }
  | { readonly kind: 'LOSE'; readonly model: number; readonly reserves: boolean }
  | { readonly kind: 'TRUTH'; readonly tokens: [number, number] }
  | { readonly kind: 'PRICE'; readonly model: number; readonly price: number | null }
  | { readonly kind: 'REPRICE'; readonly onlyUnpriced: boolean }

const model = fc.nat(2)
const tokens = fc.tuple(fc.nat(100), fc.nat(100))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('CALL' as const), model, tokens, reserves: fc.boolean() }),
  fc.record({ kind: fc.constant('TWO_TRIES' as const), models: fc.tuple(model, model), tokens }),
  fc.record({ kind: fc.constant('LOSE' as const), model, reserves: fc.boolean() }),
  fc.record({ kind: fc.constant('TRUTH' as const), tokens }),
  fc.record({ kind: fc.constant('PRICE' as const), model, price: fc.option(fc.nat(5)) }),
  fc.record({ kind: fc.constant('REPRICE' as const), onlyUnpriced: fc.boolean() }),
)

/** A lost call that is priced again before its truth arrives is rare by chance. */
const late: fc.Arbitrary<Step[]> = fc
  .record({ model, price: fc.nat(5), reserves: fc.boolean(), used: tokens })
  .map(({ model: lost, price, reserves, used }) => [
    { kind: 'LOSE', model: lost, reserves },
    { kind: 'PRICE', model: lost, price },
    { kind: 'REPRICE', onlyUnpriced: false },
    { kind: 'TRUTH', tokens: used },
  ])
/** What happens in one run. */
export const steps = fc
  .array(
    fc.oneof({ weight: 6, arbitrary: step.map((only) => [only]) }, { weight: 1, arbitrary: late }),
    { minLength: 3, maxLength: 12 },
  )
  .map((groups) => groups.flat())
