import type { Rule } from './rule.ts'

const message =
  'A re-export is the beginning of a barrel. Import the thing from the file that is named after it.'

/** Bans barrel files: a name has one address. */
export const noReExport: Rule = {
  create(context) {
    return {
      ExportAllDeclaration(node) {
        context.report({ node, message })
      },
      ExportNamedDeclaration(node) {
        if (node.source) context.report({ node, message })
      },
    }
  },
}
