import type { Rule } from './rule.ts'
import { repoPath } from './verdict.ts'

const message =
  'Only server/env.ts reads process.env: add the setting there, where it is checked and documented, and pass it on from server/app.ts.'

/** `prepare.mjs` runs before anything is installed, reads no setting, and hands the environment on to what it starts. */
const readers = new Set(['server/env.ts', 'server/cli/prepare.mjs'])

/** Keeps the environment behind server/env.ts. */
export const envInOnePlace: Rule = {
  create(context) {
    if (readers.has(repoPath(context.filename))) return {}
    return {
      MemberExpression(node) {
        const { object, property, computed } = node
        if (object.type !== 'Identifier' || object.name !== 'process') return
        const name = computed
          ? property.type === 'Literal' && property.value
          : property.type === 'Identifier' && property.name
        if (name === 'env') context.report({ node, message })
      },
      VariableDeclarator(node) {
        if (
          node.init?.type !== 'Identifier' ||
          node.init.name !== 'process' ||
          node.id.type !== 'ObjectPattern'
        )
          return
        const takesEnv = node.id.properties.some(
          (property) =>
            property.type === 'Property' &&
            property.key.type === 'Identifier' &&
            property.key.name === 'env',
        )
        if (takesEnv) context.report({ node, message })
      },
      ImportDeclaration(node) {
        if (node.source.value === 'node:process' || node.source.value === 'process')
          context.report({ node, message })
      },
    }
  },
}
