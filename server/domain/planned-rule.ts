import type { CallRule, RuleAction } from './call-rule.ts'
import type { RuleEffect } from './ruled-request.ts'

/** A rule that is for a call that nobody has made. */
export interface PlannedRule {
  readonly name: string
  readonly on: CallRule['on']
  readonly action: RuleAction
  /** What it would do; for people. */
  readonly effect: string
}

/** @param effects What those that are for requests did, in their order; what is missing was not asked any more. */
export function plannedRules(
  rules: readonly CallRule[],
  effects: readonly RuleEffect[],
): readonly PlannedRule[] {
  const byName = new Map(effects.map(({ rule, count }) => [rule, count]))
  return rules.map(({ action: { kind: action }, name, on }) => {
    const count = byName.get(name)
    const effect =
      on === 'RESPONSE'
        ? ofAnswer(action)
        : count === undefined
          ? 'It is not asked: a rule before it refuses the call.'
          : ofRequest(action, count)
    return { name, on, action, effect }
  })
}

function ofRequest(action: RuleAction, count: number): string {
  const times = `${count} ${count === 1 ? 'place' : 'places'}`
  if (count === 0) return 'It finds nothing to do.'
  switch (action) {
    case 'DENY':
      return 'It refuses the call.'
    case 'BLOCK':
      return 'It refuses the call for what stands in it.'
    case 'REDACT':
      return `It redacts ${times}.`
    case 'REPLACE':
      return `It replaces the text in ${times}.`
    case 'SET_SYSTEM_PROMPT':
      return 'It puts its prompt in the place of all system messages.'
    case 'APPEND_SYSTEM_PROMPT':
      return 'It appends its prompt to the system message.'
    case 'SET_PARAMETERS':
      return `It sets parameters: ${count}.`
    case 'CLAMP_PARAMETERS':
      return `It brings parameters within its bounds: ${count}.`
    case 'MAP_ROLES':
      return `It gives messages another role: ${count}.`
    case 'ADD_METADATA':
      return `It adds metadata: ${count}.`
  }
}

function ofAnswer(action: RuleAction): string {
  const verb = action === 'BLOCK' ? 'blocks' : action === 'REDACT' ? 'redacts' : 'replaces'
  return `It ${verb} what it finds in the answer.`
}
