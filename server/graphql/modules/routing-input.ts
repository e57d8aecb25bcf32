import { routingStrategies } from '#domain/routing-wish.ts'
import { builder } from '../builder.ts'

const RoutingStrategy = builder.enumType('RoutingStrategy', { values: routingStrategies })

export const RoutingInput = builder.inputType('RoutingInput', {
  description: "Overrides for this call only; a key's policy can forbid them.",
  fields: (t) => ({
    strategy: t.field({ type: RoutingStrategy }),
    allow: t.stringList({ description: 'Patterns such as `openai:gpt-*`; none allows all.' }),
    deny: t.stringList({ description: 'Patterns such as `openai:gpt-*`.' }),
    fallbacks: t.stringList({
      description: "Asked in this order when the model's own targets have failed.",
    }),
    maxCost: t.field({
      type: 'Decimal',
      description: 'A target where the call could cost more is left out.',
    }),
    timeoutMs: t.int({ description: 'The most that the call may take in all.' }),
  }),
})
