import type { Located, Rule } from './rule.ts'
import { repoPath, verdict } from './verdict.ts'

/** Holds every import to the table in layers.ts. */
export const whoImportsWhom: Rule = {
  meta: { fixable: 'code' },
  create(context) {
    const from = repoPath(context.filename)
    const judge = (source: Located & { readonly value: string }, typeOnly: boolean) => {
      const fault = verdict({ from, specifier: source.value, typeOnly })
      if (!fault) return
      const { message, specifier } = fault
      context.report({
        node: source,
        message,
        fix: (fixer) => (specifier ? fixer.replaceText(source, `'${specifier}'`) : null),
      })
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
