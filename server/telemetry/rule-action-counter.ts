import { Counter, type Registry } from 'prom-client'
import type { RuleEffect } from '#domain/ruled-request.ts'

/** Counts what rules of the configuration do. Their names are the operator's, so they are few. */
export function countRuleActions(registry: Registry): (effect: RuleEffect) => void {
  const counter = new Counter({
    name: 'orchestrator_rule_actions_total',
    help: 'What rules did to calls: places that they changed, and calls that they refused.',
    labelNames: ['rule', 'action'],
    registers: [registry],
  })
  return ({ action, count, rule }) => counter.inc({ rule, action }, count)
}
