import type { PlannedRule } from '#domain/planned-rule.ts'
import { builder } from '../builder.ts'

const RuleSide = builder.enumType('RuleSide', { values: ['REQUEST', 'RESPONSE'] as const })

const RuleAction = builder.enumType('RuleAction', {
  values: [
    'SET_SYSTEM_PROMPT',
    'APPEND_SYSTEM_PROMPT',
    'SET_PARAMETERS',
    'CLAMP_PARAMETERS',
    'MAP_ROLES',
    'ADD_METADATA',
    'DENY',
    'BLOCK',
    'REDACT',
    'REPLACE',
  ] as const,
})

export const PlanRule = builder.objectRef<PlannedRule>('PlanRule').implement({
  description: 'A rule of the configuration that is for this call.',
  fields: (t) => ({
    name: t.exposeString('name'),
    on: t.field({ type: RuleSide, resolve: ({ on }) => on }),
    action: t.field({ type: RuleAction, resolve: ({ action }) => action }),
    effect: t.exposeString('effect', { description: 'What it would do.' }),
  }),
})
