import type { Rule } from './rule.ts'

const clock = 'The domain has no clock: take the instant or the duration as an argument.'
const chance = 'The domain leaves nothing to chance: take the random number as an argument.'
const world =
  'The domain reaches nothing outside itself: let the caller fetch, wait or print, and pass the result in.'

/** Global names that a pure module does not use, and why. */
const impure: ReadonlyMap<string, string> = new Map([
  ['Date', clock],
  ['performance', clock],
  ['setTimeout', clock],
  ['setInterval', clock],
  ['setImmediate', clock],
  ['queueMicrotask', clock],
  ['crypto', chance],
  ['fetch', world],
  ['process', world],
  ['console', world],
  ['globalThis', world],
  ['window', world],
  ['document', world],
  ['localStorage', world],
  ['WebSocket', world],
  ['Buffer', 'The domain knows no Node: use Uint8Array and TextEncoder.'],
])

/** The impure corners of globals that are pure otherwise. */
const impureMembers: ReadonlyMap<string, string> = new Map([
  ['Math.random', chance],
  ['Temporal.Now', clock],
])

/** Keeps clocks, chance and the outside world out of the domain. Switched on for server/domain/ in .oxlintrc.json. */
export const pureDomain: Rule = {
  create(context) {
    return {
      'Program:exit'() {
        const scope = context.sourceCode.scopeManager.globalScope
        const ofGlobals = scope
          ? [...scope.set.values()].flatMap((variable) =>
              variable.defs.length > 0 ? [] : variable.references,
            )
          : []
        for (const { identifier } of [...ofGlobals, ...(scope?.through ?? [])]) {
          const why = impure.get(identifier.name)
          if (why)
            context.report({
              node: identifier,
              message: `\`${identifier.name}\` in the domain. ${why}`,
            })
        }
      },
      MemberExpression({ object, property, computed }) {
        if (computed || object.type !== 'Identifier' || property.type !== 'Identifier') return
        const name = `${object.name}.${property.name}`
        const why = impureMembers.get(name)
        if (why) context.report({ node: property, message: `\`${name}\` in the domain. ${why}` })
      },
    }
  },
}
