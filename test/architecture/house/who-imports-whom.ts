import type { Located, Rule } from './rule.ts'
import { repoPath, verdict } from './verdict.ts'

/** Holds every import to the table in layers.ts. */
export const whoImportsWhom: Rule = {
  create(context) {
    const from = repoPath(context.filename)
    const judge = (source: Located & { readonly value: string }, typeOnly: boolean) => {
      const message = verdict({ from, specifier: source.value, typeOnly })
      if (message) context.report({ node: source, message })
    }
    return {
      ImportDeclaration(node) {
        const isType = (specifier: (typeof node.specifiers)[number]) =>
          specifier.type === 'ImportSpecifier' && specifier.importKind === 'type'
        const typeOnly =
          node.importKind === 'type' ||
          (node.specifiers.length > 0 && node.specifiers.every(isType))
        judge(node.source, typeOnly)
      },
      ExportNamedDeclaration(node) {
        if (node.source) judge(node.source, node.exportKind === 'type')
      },
      ExportAllDeclaration(node) {
        judge(node.source, node.exportKind === 'type')
      },
      ImportExpression(node) {
        if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
          judge({ range: node.source.range, value: node.source.value }, false)
        }
      },
      TSImportType(node) {
        judge(node.source, true)
      },
    }
  },
}
